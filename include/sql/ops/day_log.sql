-- What each step of the chain has published, of which day: from it every run works out which days it is to build.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.day_log` (
    event_at timestamp not null options (description = 'When it happened (UTC)'),
    step string not null options (description = 'Step of the chain: the id of its DAG'),
    data_day date not null options (description = 'Data day (UTC)'),
    event string not null options (
        description = 'chosen by a run, published, counted again, or accepted without having been published'
    ),
    version string not null options (description = 'Id that the rows of one event share'),
    read_versions array<string> options (
        description = 'Publications of the steps before it that there were when the run chose the day'
    ),
    is_ordered bool not null options (description = 'Whether somebody named the days, and not the chain'),
    row_counts array<struct<
        table_name string options (description = 'Raw table'),
        total_rows int64 options (description = 'Rows of the day')
    >> options (description = 'Rows of the day by table, where a source published or counted it'),
    accepted_by string options (description = 'Who gave the day of the source up'),
    reason string options (description = 'Why it was given up'),
    dag_id string not null options (description = 'DAG that wrote it'),
    run_id string not null options (description = 'Airflow run that wrote it')
)
partition by date(event_at)
cluster by step, data_day
options (
    description = 'Days by step of the chain: what was chosen, published and accepted; one row per event and day',
    partition_expiration_days = 400,
    require_partition_filter = true,
    labels = [('layer', 'ops'), ('domain', 'orchestration'), ('pii', 'true')]
);
