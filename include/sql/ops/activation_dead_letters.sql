create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_dead_letters` (
    sync_name string not null options (description = 'Name of the sync'),
    record_key string not null options (description = 'Primary key of the record in the source model'),
    action string not null options (description = 'What could not be done: add, change, remove or reject'),
    content_hash string options (
        description = 'SHA-256 (hex) of the rejected payload, not sent again while unchanged; null for remove'
    ),
    error_code string not null options (description = 'Code of the rejection'),
    error_message string options (
        description = 'Reason of the rejection, e-mail addresses and long numbers masked'
    ),
    is_transient bool options (
        description = 'Whether the next run tries it again unchanged, such as a locked record; null counts as false'
    ),
    first_failed_at timestamp not null options (description = 'First rejection of this record (UTC)'),
    last_failed_at timestamp not null options (description = 'Newest rejection of this record (UTC)'),
    run_id string not null options (description = 'Airflow run of the newest rejection')
)
cluster by sync_name, record_key
options (
    description = 'Reverse ETL: records rejected and not yet corrected; one row per sync and record',
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
