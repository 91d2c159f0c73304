-- What the monitor of all columns compares a day with. Values of personal columns are not kept.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.column_profiles` (
    profiled_at timestamp not null options (description = 'When it was profiled (UTC); the same for a layer and try'),
    run_id string not null options (description = 'Airflow run that profiled'),
    profiled_day date not null options (
        description = 'Data day (UTC); of a table of current state the newest of the run'
    ),
    layer string not null options (description = 'bronze, silver or gold'),
    table_name string not null options (description = 'Table, as dataset.table'),
    column_name string not null options (description = 'Column'),
    row_count int64 not null options (description = 'Rows of the day'),
    null_count int64 not null options (description = 'Rows without a value'),
    zero_count int64 options (description = 'Rows with 0, false or blank text; null for other types'),
    distinct_values int64 options (description = 'Different values, about; null for JSON, arrays and structs'),
    mean_size float64 options (
        description = 'Mean length of text, mean of log10(1 + |x|) of numbers but 0; null without such values'
    ),
    size_deviation float64 options (description = 'Standard deviation of these lengths or logarithms within the day'),
    recent_count int64 options (description = 'Rows with a time of the day or the day before; null for other types'),
    top_values array<struct<
        value string options (description = 'Value'),
        value_count int64 options (description = 'Rows with it, about')
    >> options (description = 'Most frequent values; none of personal columns and numbers with a fraction')
)
partition by profiled_day
cluster by layer, table_name
options (
    description = 'What each column looked like on each day; one row per run, try, table, column and day',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'false')]
);
