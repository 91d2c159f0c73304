create table if not exists `{{ project_id }}.{{ ops_dataset }}.identity_fit_weights` (
    fit_id string not null options (description = 'The fit'),
    comparison string not null options (description = 'Comparison, as in the seed identity_weights'),
    level string not null options (description = 'Level, as in the seed identity_weights'),
    same_person float64 options (description = 'Share (0–1) of the pairs of one person that agree so well'),
    housemate float64 options (description = 'The same of two people of one home; null if as for strangers'),
    colleague float64 options (description = 'The same of two people of one company; null if as for strangers')
)
cluster by fit_id
options (
    description = 'Weights of each fit of the identity model; one row per fit, comparison and level.',
    labels = [('layer', 'ops'), ('domain', 'identity'), ('pii', 'false')]
);
