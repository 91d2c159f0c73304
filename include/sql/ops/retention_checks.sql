create table if not exists `{{ project_id }}.{{ ops_dataset }}.retention_checks` (
    checked_at timestamp not null options (description = 'Time of the check, UTC.'),
    dataset_id string not null options (description = 'Dataset that was checked.'),
    table_id string options (description = 'Table that was checked; null for the dataset itself.'),
    check_name string not null options (
        description = 'expiration, overdue_partition, declared_table, dataset_default or overdue_export.'
    ),
    passed bool not null options (description = 'False if the policy was not met when it was looked at.'),
    repaired bool not null options (description = 'True if it was put right at once, and read again to prove it.'),
    severity string not null options (
        description = 'What a failure means unless it was repaired: error fails the task, warning is reported.'
    ),
    observed string not null options (description = 'What was found.'),
    expected string not null options (description = 'What is declared.'),
    reason string not null options (description = 'What it means and, for a failure, the fix.'),
    dag_id string not null options (description = 'DAG that checked.'),
    run_id string not null options (description = 'Run of the DAG.')
)
partition by date(checked_at)
cluster by dataset_id, table_id
options (
    description = 'History of retention: one row per check of a table or dataset and run, appended.',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'retention'), ('pii', 'false')]
);
