-- What each destination holds, as far as it has confirmed. No personal data in the clear: a destination that
-- finds a record by its key needs none here, one that matches identifiers keeps their hashes in `payload`.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_state` (
    sync_name string not null options (description = 'Name of the sync (include/activation/syncs)'),
    record_key string not null options (description = 'Primary key of the record in the source model'),
    person_key string options (
        description = 'Key of the person in the consent model; null if the sync declares no consent'
    ),
    content_hash string not null options (
        description = 'SHA-256 (hex) of the payload last confirmed, or unconfirmed: may be there'
    ),
    field_hashes string not null options (
        description = 'JSON: destination field to short salted hash of its value, to name the changed fields'
    ),
    shown string options (
        description = 'JSON: destination field to what reports show of its value, personal ones masked; null if older'
    ),
    payload string options (
        description = 'Hashed identifiers to remove the record by; null where its key is enough'
    ),
    sent_at timestamp not null options (description = 'When the destination confirmed it, or failed to (UTC)'),
    run_id string not null options (description = 'Airflow run that sent it')
)
cluster by sync_name, record_key
options (
    description = 'Reverse ETL: last confirmed content at a destination; one row per sync and record',
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
