-- Written before a rebuild is asked for: what stands here is not tried a second time.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.quality_healing` (
    planned_at timestamp not null options (description = 'When the rebuild was planned (UTC)'),
    run_id string not null options (description = 'Airflow run that planned it'),
    layer string not null options (description = 'Layer that is rebuilt: silver or gold'),
    rebuilt_day date not null options (description = 'Data day that is rebuilt (UTC)'),
    reason string not null options (description = 'What was missing, or that quarantined rows came back'),
    triggered_run_id string not null options (description = 'Run that rebuilds it, of the DAG of its layer')
)
partition by date(planned_at)
cluster by layer, rebuilt_day
options (
    description = 'Rebuilds that check_quality asked for; one row per run, layer and day',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'quality'), ('pii', 'false')]
);
