create table if not exists `{{ project_id }}.{{ bronze_dataset }}.zendesk_users` (
    id int64 not null options (description = 'Zendesk user id.'),
    name string options (description = 'Full name as typed, in any order.'),
    email string options (description = 'E-mail; null if unknown.'),
    phone string options (description = 'Phone as typed; null if unknown.'),
    role string options (description = 'end-user, agent or admin.'),
    organization_id int64 options (description = 'Organization id; null for a consumer.'),
    external_id string options (description = 'Id given by us: Shopify customer id; null if not linked.'),
    locale string options (description = 'Locale, such as en-US.'),
    time_zone string options (description = 'Time zone as shown by Zendesk.'),
    verified bool options (description = 'True if the e-mail was confirmed.'),
    suspended bool options (description = 'True if suspended.'),
    shared_phone_number bool options (description = 'True if other users have the same phone.'),
    tags json options (description = 'List of tags; null if none.'),
    user_fields json options (description = 'Custom user fields by key; null if none.'),
    created_at timestamp options (description = 'Time at which the user was created, UTC.'),
    updated_at timestamp options (description = 'Time of the last change, UTC.'),
    last_login_at timestamp options (description = 'Last login, UTC; null if never.'),
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
    description = 'Zendesk users: one row per version of a user as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'support'), ('source', 'zendesk'), ('pii', 'true')]
);
