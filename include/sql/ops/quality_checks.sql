create table if not exists `{{ project_id }}.{{ ops_dataset }}.quality_checks` (
    checked_at timestamp not null options (description = 'When it was checked (UTC); the same for a layer and try'),
    run_id string not null options (description = 'Airflow run that checked'),
    checked_day date not null options (description = 'Data day that was checked (UTC)'),
    layer string not null options (description = 'bronze, silver or gold'),
    table_name string not null options (description = 'Table, as dataset.table'),
    check_name string not null options (
        description = 'schema, freshness, partition_gap, volume, null_rate, integrity, drift or monitor'
    ),
    column_name string options (description = 'Column; null if the check is about the table'),
    severity string not null options (description = 'What a failure means: error fails the run, warning is reported'),
    passed bool options (description = 'Whether the expectation was met; null if there was too little to decide'),
    observed string not null options (description = 'What was found'),
    expected string not null options (description = 'What was expected'),
    observed_value float64 options (
        description = 'What was found: rows, hours, a share (0–1) or an index; null if it is no number'
    ),
    expected_low float64 options (description = 'Least value allowed; null without such a bound'),
    expected_high float64 options (description = 'Largest value allowed; null without such a bound'),
    message string not null options (description = 'What it means and, where it failed, the fix')
)
partition by date(checked_at)
cluster by layer, table_name, check_name
options (
    description = 'History of quality checks; one row per run, try, table, check, column and day',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'false')]
);
