create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_changelog` (
    recorded_at timestamp not null options (description = 'When the result was known (UTC)'),
    sync_name string not null options (description = 'Name of the sync'),
    run_id string not null options (description = 'Airflow run that sent it'),
    plan_id string not null options (description = 'Plan in activation_outbox that it belongs to'),
    record_key string not null options (description = 'Primary key of the record in the source model'),
    action string not null options (description = 'add, change, remove, or reject (never sent)'),
    status string not null options (
        description = 'accepted (being processed), sent, unconfirmed (accepted, failed, sent again) or rejected'
    ),
    content_hash string options (description = 'SHA-256 (hex) of what was sent; null for remove'),
    changed_fields string options (
        description = 'Destination fields that differed, comma-separated; null for remove and reject'
    ),
    error_code string options (description = 'Code of the rejection; null if sent or accepted'),
    error_message string options (
        description = 'Reason of the rejection, e-mail addresses and long numbers masked; null if sent or accepted'
    ),
    is_transient bool options (
        description = 'Whether the next run tries a rejected record again, such as a locked one; null if never sent'
    ),
    reference string options (
        description = 'Request or job ids at the destination, comma-separated; null where it gives none'
    )
)
partition by date(recorded_at)
cluster by sync_name, record_key
options (
    description = 'Reverse ETL: history of results; one row per plan, record and delivery',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
