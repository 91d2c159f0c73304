create table if not exists `{{ project_id }}.{{ ops_dataset }}.activation_targets` (
    sync_name string not null options (description = 'Name of the sync, also after its declaration is gone'),
    target string not null options (
        description = 'Where its records are: destination, account and object or list, separated by spaces'
    ),
    declaration string not null options (
        description = 'JSON: destination, connection and options, to reach the records again'
    ),
    kept_at timestamp not null options (description = 'When the sync began to write there (UTC)')
)
cluster by sync_name
options (
    description = 'Reverse ETL: where the records of a sync are; one row per sync',
    labels = [('layer', 'ops'), ('domain', 'activation'), ('pii', 'false')]
);
