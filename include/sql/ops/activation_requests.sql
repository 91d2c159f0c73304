create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_requests` (
    recorded_at timestamp not null options (description = 'When the result was known (UTC)'),
    sync_name string not null options (description = 'Name of the sync'),
    run_id string not null options (description = 'Airflow run that asked for it'),
    reference string not null options (description = 'Request ids at the destination, comma-separated'),
    error_code string options (description = 'Code of the failure; null if it succeeded'),
    error_message string options (description = 'Reasons with their record counts, masked; null if there are none'),
    records int64 options (description = 'Records that the destination counted; null where it does not say'),
    match_rate string options (
        description = 'Range of the share of records that it matched, in percent, such as 51_TO_60; null if unknown'
    )
)
partition by date(recorded_at)
cluster by sync_name
options (
    description = 'Reverse ETL: what became of requests that a destination processes later; one row per delivery',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
