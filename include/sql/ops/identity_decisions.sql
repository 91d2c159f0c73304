create table if not exists `{{ project_id }}.{{ ops_dataset }}.identity_decisions` (
    decision_id string not null options (description = 'Id of the decision, as who decided files it'),
    identity_key_a string not null options (
        description = 'First source record, <source>:<entity>:<id>; the smaller of both'
    ),
    identity_key_b string not null options (description = 'Second source record'),
    decision string not null options (
        description = 'same_person (both are one customer) or different_people (they never are)'
    ),
    decided_by string not null options (description = 'Who decided'),
    reason string not null options (description = 'Why'),
    decided_at timestamp not null options (description = 'Since when (UTC)'),
    withdrawn_at timestamp options (
        description = 'Until when (UTC): withdrawn, or another decision took its place; null while it holds'
    ),
    run_id string not null options (description = 'Airflow run of the newest step')
)
cluster by identity_key_a, identity_key_b
options (
    description = 'What people have decided about two source records; it wins over every score. One row per decision.',
    labels = [('layer', 'ops'), ('domain', 'identity'), ('pii', 'true')]
);
