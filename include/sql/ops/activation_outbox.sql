-- The intent: written before anything is sent, deleted when the result is in the state. A row that is still
-- here may or may not have reached the destination, so the next plan of the sync sends it again.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_outbox` (
    plan_id string not null options (description = 'One execution of plan_sync'),
    run_id string not null options (description = 'Airflow run of the plan'),
    sync_name string not null options (description = 'Name of the sync'),
    planned_at timestamp not null options (description = 'When the plan was made (UTC)'),
    record_key string not null options (description = 'Primary key of the record in the source model'),
    person_key string options (
        description = 'Key of the person in the consent model; null if the sync declares no consent'
    ),
    action string not null options (
        description = 'add, change or remove; reject and forget (a dead letter without a cause) are never sent'
    ),
    content_hash string options (description = 'SHA-256 (hex) of payload; null for remove'),
    field_hashes string options (
        description = 'JSON: destination field to short salted hash of its value; null for remove'
    ),
    changed_fields string options (
        description = 'Destination fields that differ from the confirmed ones, comma-separated; may be empty'
    ),
    shown string options (
        description = 'JSON: destination field to what reports show of its value, personal ones masked; null for remove'
    ),
    payload string options (description = 'What will be sent, JSON or hashed identifiers; null for remove'),
    stale_identifiers string options (
        description = 'Hashed identifiers to take back, comma-separated; null where the key is enough'
    ),
    cleared_fields string options (
        description = 'Destination fields to empty that the declaration no longer maps, comma-separated; may be null'
    ),
    is_erasure bool options (description = 'Whether the person of a remove asked to be erased; null counts as false'),
    reject_reason string options (description = 'Why the row cannot be sent; null unless action is reject')
)
partition by date(planned_at)
cluster by sync_name, plan_id
options (
    description = 'Reverse ETL: changes to send; one row per plan and record, gone once confirmed',
    partition_expiration_days = 30,
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'true')]
);
