create table if not exists `{{ project_id }}.{{ ops_dataset }}.quality_scores` (
    scored_at timestamp not null options (description = 'When it was scored (UTC)'),
    run_id string not null options (description = 'Airflow run that scored'),
    checked_day date not null options (description = 'Newest data day of the run (UTC)'),
    layer string not null options (description = 'bronze, silver or gold'),
    table_name string options (description = 'Table, as dataset.table; null for the layer as a whole'),
    score float64 options (
        description = 'Weighted share of checks that passed (0–100); of a layer the mean; null if none was decided'
    ),
    checks int64 not null options (description = 'Checks that were decided'),
    errors int64 not null options (description = 'Checks of severity error that failed'),
    warnings int64 not null options (description = 'Checks of severity warning that failed')
)
partition by date(scored_at)
cluster by layer, table_name
options (
    description = 'Quality scores; one row per run, try, layer and table, and one per layer',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'false')]
);
