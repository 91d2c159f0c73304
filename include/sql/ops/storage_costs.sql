create table if not exists `{{ project_id }}.{{ ops_dataset }}.storage_costs` (
    cost_day date not null options (description = 'Day that is paid for, UTC.'),
    dataset_id string not null options (description = 'Dataset of the table.'),
    table_id string not null options (description = 'Table or materialized view.'),
    total_rows int64 not null options (description = 'Rows when it was measured.'),
    active_logical_bytes int64 not null options (
        description = 'Uncompressed bytes of partitions that changed in the last 90 days.'
    ),
    long_term_logical_bytes int64 not null options (
        description = 'Uncompressed bytes of partitions that did not; half the price.'
    ),
    cost_usd numeric(38, 9) not null options (
        description = 'US dollars for this day, at the declared prices of a month by its number of days.'
    ),
    measured_at timestamp not null options (description = 'When it was measured, UTC.')
)
partition by cost_day
cluster by dataset_id, table_id
options (
    description = 'What storage costs: one row per day and table; a rerun replaces its day.',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'cost'), ('pii', 'false')]
);
