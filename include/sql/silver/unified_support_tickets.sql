-- Written by `make ddl` from include/dbt/models/silver/unified_support_tickets.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_support_tickets` (
    ticket_id string not null options (description = 'Zendesk id of the ticket'),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    identity_key string options (
        description = 'Source record of the requester in identity_map; null for a ticket without a requester'
    ),
    status string not null options (description = 'new, open, pending, hold, solved or closed'),
    priority string options (description = 'low, normal, high or urgent; null if not set'),
    ticket_type string options (description = 'problem, incident, question or task; null if not set'),
    contact_channel string options (description = 'How it was opened: email, web, chat, voice, api …'),
    is_open bool not null options (description = 'Whether it is neither solved nor closed'),
    created_at timestamp not null options (description = 'When it was opened (UTC)'),
    created_date date not null options (description = 'Day of created_at (UTC)'),
    first_reply_minutes int64 options (description = 'Minutes to the first reply of an agent; null if there was none'),
    reopen_count int64 not null options (description = 'How often it was opened again after being solved'),
    solved_at timestamp options (description = 'When it was solved (UTC); null while open'),
    resolution_hours float64 options (description = 'Hours from created_at to solved_at; null while open'),
    satisfaction_score string options (description = 'good or bad, newest rating of the requester; null if not rated'),
    has_satisfaction_comment bool not null options (
        description = 'Whether the requester wrote a comment with the rating'
    ),
    rated_at timestamp options (description = 'When it was rated (UTC); null if not rated'),
    updated_at timestamp not null options (description = 'When the ticket or its rating last changed (UTC)')
)
partition by date_trunc(created_date, month)
cluster by customer_id, status
options (
    description = 'Zendesk tickets with their rating; one row per ticket (ticket_id)',
    labels = [('domain', 'support'), ('layer', 'silver'), ('pii', 'true')]
);
