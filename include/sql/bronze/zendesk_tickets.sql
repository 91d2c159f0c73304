create table if not exists `{{ project_id }}.{{ bronze_dataset }}.zendesk_tickets` (
    id int64 not null options (description = 'Zendesk ticket id.'),
    subject string options (description = 'Subject line.'),
    description string options (description = 'First comment; null if none.'),
    type string options (description = 'question, incident, problem or task; null if not set.'),
    status string options (description = 'new, open, pending, hold, solved or closed.'),
    priority string options (description = 'low, normal, high or urgent; null if not set.'),
    requester_id int64 not null options (description = 'User who asks.'),
    submitter_id int64 options (description = 'User who opened the ticket.'),
    assignee_id int64 options (description = 'Agent; null if not assigned.'),
    group_id int64 options (description = 'Group of agents; null if not assigned.'),
    organization_id int64 options (description = 'Organization of the requester; null for a consumer.'),
    via_channel string options (description = 'email, web, chat, voice or api.'),
    tags json options (description = 'List of tags; null if none.'),
    custom_fields json options (description = 'Custom fields by key, such as order_id; null if none.'),
    satisfaction_rating_score string options (description = 'good, bad, offered or unoffered.'),
    reply_time_in_minutes int64 options (description = 'Minutes to the first reply; null if none yet.'),
    first_resolution_time_in_minutes int64 options (
        description = 'Minutes to the first solving; null if not solved.'
    ),
    full_resolution_time_in_minutes int64 options (
        description = 'Minutes to the last solving; null if not solved.'
    ),
    reopens int64 options (description = 'Times reopened.'),
    replies int64 options (description = 'Public replies by agents.'),
    created_at timestamp options (description = 'Time of opening, UTC.'),
    updated_at timestamp options (description = 'Time of the last change, UTC.'),
    solved_at timestamp options (description = 'Time of solving, UTC; null if not solved.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by id, requester_id
options (
    description = 'Zendesk tickets: one row per version of a ticket as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'support'), ('source', 'zendesk'), ('pii', 'true')]
);
