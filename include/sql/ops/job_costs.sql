create table if not exists `{{ project_id }}.{{ ops_dataset }}.job_costs` (
    cost_day date not null options (description = 'Day on which the jobs were created, UTC.'),
    dag_id string options (description = 'Airflow DAG, as its label spells it; null for jobs that no task sent.'),
    task_id string options (description = 'Airflow task, as its label spells it; null for jobs that no task sent.'),
    dbt_model string options (
        description = 'dbt model or seed, a test counts with its model; null for jobs that dbt did not send for one.'
    ),
    user_email string options (description = 'Who sent the jobs; null where the warehouse does not say.'),
    job_type string not null options (description = 'QUERY, LOAD, EXTRACT or COPY.'),
    jobs int64 not null options (description = 'Jobs that ended.'),
    failed_jobs int64 not null options (description = 'Those of them that failed.'),
    bytes_processed int64 not null options (description = 'Bytes that the jobs read.'),
    bytes_billed int64 not null options (description = 'Bytes that are paid for where no reservation is used.'),
    slot_ms int64 not null options (description = 'Slot time in milliseconds.'),
    cost_usd numeric(38, 9) not null options (
        description = 'US dollars at the declared prices: bytes billed on demand, slot time in a reservation.'
    ),
    measured_at timestamp not null options (description = 'When the day was measured, UTC.')
)
partition by cost_day
cluster by dag_id, dbt_model
options (
    description = 'What jobs cost: one row per day, DAG, task, dbt model, user and job type; a rerun replaces its day.',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'cost'), ('pii', 'true')]
);
