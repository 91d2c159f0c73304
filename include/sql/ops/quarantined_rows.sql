-- An operator may correct `row_json` here; check_quality with {"replay": true} then puts the row back.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.quarantined_rows` (
    table_name string not null options (description = 'Raw table the row was taken from, as dataset.table'),
    row_hash string not null options (description = 'SHA-256 (hex) of the row as it landed'),
    row_json string not null options (
        description = 'The row as a JSON object, column by column; correct it here to have it replayed'
    ),
    copies int64 not null options (description = 'How often exactly this row had landed'),
    reason string not null options (description = 'What is wrong with it'),
    partition_day date options (description = 'Day of its partition (UTC); null if it has none'),
    status string not null options (description = 'quarantined, or replayed (back in its table)'),
    quarantined_at timestamp not null options (description = 'When it was taken out (UTC)'),
    quarantined_run_id string not null options (description = 'Airflow run that took it out'),
    replayed_at timestamp options (description = 'When it was last put back (UTC); null if never'),
    replayed_run_id string options (description = 'Airflow run that put it back; null if never')
)
partition by date(quarantined_at)
cluster by table_name, row_hash
options (
    description = 'Malformed raw rows kept aside until they are corrected; one row per table and row_hash',
    -- Personal data stays no longer here than in the table it came from.
    partition_expiration_days = {{ bronze_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'true')]
);
