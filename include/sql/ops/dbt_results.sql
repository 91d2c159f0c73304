create table if not exists `{{ project_id }}.{{ ops_dataset }}.dbt_results` (
    finished_at timestamp not null options (description = 'When dbt was done with the node (UTC)'),
    dag_id string not null options (description = 'DAG that built it'),
    task_id string not null options (description = 'Task, which is a step of the layer'),
    run_id string not null options (description = 'Airflow run'),
    first_day date not null options (description = 'First data day of the run (UTC)'),
    last_day date not null options (description = 'Last data day of the run (UTC)'),
    node_id string not null options (description = 'Id that dbt gives the node'),
    resource_type string not null options (description = 'model, seed or test'),
    node_name string not null options (description = 'Name of the model, seed or test'),
    model_name string options (description = 'Model that was built or tested; null for a test of several models'),
    status string not null options (
        description = 'success, error or skipped; of a test pass, warn, fail, error or skipped'
    ),
    seconds float64 not null options (description = 'Time it took, in seconds'),
    failures int64 options (description = 'Rows that break the test; null for models, and where it was not run')
)
partition by date(finished_at)
cluster by dag_id, resource_type, node_name
options (
    description = 'What dbt built and tested; one row per run of a task and node',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'false')]
);
