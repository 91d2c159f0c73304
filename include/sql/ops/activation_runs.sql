create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_runs` (
    sync_name string not null options (description = 'Name of the sync'),
    run_id string not null options (description = 'Airflow run'),
    plan_id string options (description = 'Plan in activation_outbox; null if planning failed'),
    planned_at timestamp options (
        description = 'When all records were compared (UTC); null if planning failed, on a dry run or for one record'
    ),
    destination string not null options (description = 'Destination and object, such as salesforce Lead'),
    status string not null options (
        description = 'succeeded or succeeded_with_rejects, unconfirmed, dry_run, or a failure (docs/reverse_etl.md)'
    ),
    is_full_resync bool not null options (description = 'Whether unchanged records were sent as well'),
    adds int64 not null options (description = 'Records planned to be added'),
    changes int64 not null options (description = 'Records planned to be changed'),
    removes int64 not null options (description = 'Records planned to be removed'),
    rejects int64 not null options (description = 'Records of the source that cannot be sent, new ones'),
    unchanged int64 options (description = 'Records that were planned nothing for: the destination has them'),
    held int64 options (description = 'Records not tried again, since they were rejected with the same content'),
    suppressed int64 options (description = 'Records of people without consent, not at the destination'),
    sent int64 not null options (description = 'Records the destination confirmed'),
    rejected int64 not null options (description = 'Records that ended in the dead letters'),
    pending int64 not null options (description = 'Records still to be sent'),
    in_destination int64 not null options (description = 'Records the destination holds after the run'),
    dead_letters int64 not null options (description = 'Open dead letters of the sync after the run'),
    open_removals int64 not null options (description = 'Those of them that the destination refuses to remove'),
    finished_at timestamp not null options (description = 'End of the run (UTC)')
)
partition by date(finished_at)
cluster by sync_name
options (
    description = 'Reverse ETL: outcome of each run; one row per run and attempt of its report',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
