create table if not exists `{{ project_id }}.{{ ops_dataset }}.objections` (
    request_id string not null options (description = 'Id of the request, as the privacy team files it'),
    purpose string not null options (description = 'What the person objects to: marketing or profiling'),
    identity_key string not null options (
        description = 'Source record of the person; it binds every customer to whom the record belongs'
    ),
    objected_at timestamp not null options (description = 'Since when (UTC)'),
    withdrawn_at timestamp options (description = 'Until when (UTC); null while it holds'),
    run_id string not null options (description = 'Airflow run of the newest step')
)
cluster by purpose, identity_key
options (
    description = 'Right to object: one row per request, purpose and source record of the person.',
    labels = [('layer', 'ops'), ('domain', 'privacy'), ('pii', 'true')]
);
