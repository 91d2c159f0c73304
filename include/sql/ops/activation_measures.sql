create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_measures` (
    measured_at timestamp not null options (description = 'When it was measured (UTC); the same for a run and try'),
    dag_id string not null options (description = 'DAG of the sync that sends the table'),
    run_id string not null options (description = 'Airflow run that measured'),
    table_name string not null options (description = 'Table, as dataset.table'),
    measure string not null options (
        description = 'rows, total of a column, or share of the rows that have a value of a column'
    ),
    amount float64 not null options (description = 'Rows, sum or share (0–1)'),
    amount_before float64 options (
        description = 'The same in the newest run that was let through; null where it has no past'
    ),
    is_plausible bool not null options (
        description = 'Whether it moved no further than include/quality/movement.yml allows'
    ),
    is_let_through bool not null options (
        description = 'Whether the run went on to send: the next run compares with it'
    ),
    accepted_by string options (description = 'Who let the run through in spite of a movement (accept_movement)'),
    accepted_why string options (description = 'Why, in their words')
)
partition by date(measured_at)
cluster by dag_id, table_name
options (
    description = 'Figures of the tables that syncs send, before each run; one row per run, try, table and measure',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'true')]
);
