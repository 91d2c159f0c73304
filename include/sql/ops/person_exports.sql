-- No personal data: who it was can only be checked by those who know the person's key and the salt.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.person_exports` (
    request_id string not null options (description = 'Id of the request, as the privacy team files it'),
    person_hash string not null options (
        description = 'SHA-256 (hex) of salt and customer_id: a request is for nobody else'
    ),
    uri string not null options (description = 'Folder of the export; deleted after export_days'),
    table_count int64 not null options (description = 'Tables with rows of the person'),
    row_count int64 not null options (description = 'Rows in the export'),
    exported_at timestamp not null options (description = 'When it was written (UTC)'),
    run_id string not null options (description = 'Airflow run that wrote it')
)
cluster by request_id
options (
    description = 'Right of access: what was exported when; one row per export.',
    labels = [('layer', 'ops'), ('domain', 'privacy'), ('pii', 'false')]
);
