create table if not exists `{{ project_id }}.{{ bronze_dataset }}.zendesk_satisfaction_ratings` (
    id int64 not null options (description = 'Zendesk rating id.'),
    ticket_id int64 not null options (description = 'Ticket that was rated.'),
    requester_id int64 options (description = 'User who rated.'),
    assignee_id int64 options (description = 'Agent who was rated; null if not assigned.'),
    group_id int64 options (description = 'Group of the agent; null if not assigned.'),
    score string options (description = 'good, bad, offered or unoffered.'),
    comment string options (description = 'Words of the user; null if none.'),
    reason string options (description = 'Reason chosen for a bad score; null if none.'),
    created_at timestamp options (description = 'Time of the rating, UTC.'),
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
cluster by id, ticket_id
options (
    description = 'Zendesk satisfaction ratings: one row per version of a rating as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'support'), ('source', 'zendesk'), ('pii', 'true')]
);
