create table if not exists `{{ project_id }}.{{ ops_dataset }}.partition_checks` (
    checked_day date not null options (description = 'Data day that was checked, UTC.'),
    table_name string not null options (description = 'Table that was checked, as dataset.table.'),
    check_name string not null options (
        description = 'partition_exists, freshness, row_count, schema or columns_filled.'
    ),
    passed bool not null options (description = 'False if the expectation was not met.'),
    severity string not null options (
        description = 'What a failure means: error stops the chain, warning is only recorded.'
    ),
    observed string options (description = 'What was found.'),
    expected string options (description = 'What was expected.'),
    reason string options (description = 'What it means and, for a failure, the fix.'),
    dag_id string not null options (description = 'DAG that checked.'),
    task_id string not null options (description = 'Task that checked.'),
    run_id string not null options (description = 'Run of the DAG.'),
    try_number int64 not null options (description = 'Try of the task: a retry checks again.'),
    checked_at timestamp not null options (description = 'Time of the check, UTC.'),
    accepted_by string options (description = 'Who let the chain go on in spite of the failure (accept_checks).'),
    accepted_why string options (description = 'Why, in their words.')
)
partition by checked_day
cluster by table_name, check_name
options (
    description = 'History of partition checks: one row per check of a table and day, appended.',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'true')]
);
