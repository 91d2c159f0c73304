-- Written before a run fails for the budget: what stands here makes no later run of the month red.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.budget_alarms` (
    month date not null options (description = 'First day of the month (UTC)'),
    level int64 not null options (description = 'How many times budget_error_share the forecast was above the budget'),
    forecast_usd numeric not null options (description = 'What the month was expected to cost, US dollars'),
    budget_usd numeric not null options (description = 'What it may cost, US dollars'),
    run_id string not null options (description = 'Airflow run that failed for it'),
    told_at timestamp not null options (description = 'When (UTC)')
)
partition by month
options (
    description = 'Forecasts far above the budget for which watch_costs failed; one row per run and level',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'cost'), ('pii', 'false')]
);
