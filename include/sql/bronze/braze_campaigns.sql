create table if not exists `{{ project_id }}.{{ bronze_dataset }}.braze_campaigns` (
    id string not null options (description = 'Braze campaign id.'),
    name string options (description = 'Campaign name; equals utm_campaign.'),
    description string options (description = 'What it is for; null if none.'),
    channels json options (description = 'List of channels: email, push, sms or in_app.'),
    message_type string options (description = 'email, push, sms or in_app.'),
    schedule_type string options (description = 'time_based, action_based or api_triggered.'),
    is_archived bool options (description = 'True if archived.'),
    is_draft bool options (description = 'True if never sent.'),
    tags json options (description = 'List of tags; null if none.'),
    first_sent timestamp options (description = 'First sending, UTC; null if never sent.'),
    last_sent timestamp options (description = 'Last sending, UTC; null if never sent.'),
    created_at timestamp options (description = 'Time at which the campaign was created, UTC.'),
    updated_at timestamp options (description = 'Time of the last change, UTC.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by id
options (
    description = 'Braze campaigns: one row per campaign and day of sync, current state.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'messaging'), ('source', 'braze'), ('pii', 'false')]
);
