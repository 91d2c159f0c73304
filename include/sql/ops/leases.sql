-- Who works on what nobody else may work on at the same time. A row is made once per name and then changed only.
create table if not exists `{{ project_id }}.{{ ops_dataset }}.leases` (
    name string not null options (description = 'What is worked on: the DAG that builds a layer, or a destination'),
    owner string options (description = 'DAG, run and task that has it; null where nobody has'),
    try_number int64 options (description = 'Try of the task: a later try takes it over from an earlier one'),
    token string options (description = 'Id of this holding: of two processes of one try the later one has it'),
    acquired_at timestamp options (description = 'When the owner got it (UTC)'),
    heartbeat_at timestamp options (description = 'When the owner last said that it is alive (UTC)'),
    expires_at timestamp options (description = 'When another may take it over (UTC)')
)
options (
    description = 'Leases: one row per layer that dbt builds and per destination that syncs send to',
    labels = [('layer', 'ops'), ('domain', 'orchestration'), ('pii', 'false')]
);
