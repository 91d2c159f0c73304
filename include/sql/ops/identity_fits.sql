create table if not exists `{{ project_id }}.{{ ops_dataset }}.identity_fits` (
    fit_id string not null options (description = 'Id of the fit'),
    fitted_at timestamp not null options (description = 'When it was fitted (UTC)'),
    run_id string not null options (description = 'Airflow run that fitted'),
    is_adopted bool not null options (
        description = 'Whether identity follows it; the newest adopted counts, one without weights is as shipped'
    ),
    refusals array<string> options (description = 'Why it was not adopted; empty if nothing speaks against it'),
    record_count int64 options (
        description = 'Records that could be compared; null of the weights as shipped, as is all that follows'
    ),
    same_person_pairs float64 options (description = 'Pairs of one person that it was learned from'),
    doubtful_share float64 options (
        description = 'Share (0–1) of them that are one person with a probability of 5 to 95 %'
    ),
    rounds int64 options (description = 'Rounds until the shares stood still'),
    matches_per_record float64 options (description = 'Records of the same person that a record has, on average')
)
cluster by is_adopted, fitted_at
options (
    description = 'Fits of the identity model to the warehouse, one row each.',
    labels = [('layer', 'ops'), ('domain', 'identity'), ('pii', 'false')]
);
