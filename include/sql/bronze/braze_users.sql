create table if not exists `{{ project_id }}.{{ bronze_dataset }}.braze_users` (
    external_id string not null options (
        description = 'Id given by us: Shopify customer id or a sign-up id.'
    ),
    braze_id string options (description = 'Id given by Braze.'),
    email string options (description = 'E-mail; null if unknown.'),
    phone string options (description = 'Phone as collected; null if unknown.'),
    first_name string options (description = 'First name; null if unknown.'),
    last_name string options (description = 'Last name; null if unknown.'),
    country string options (description = 'Country code, ISO 3166 alpha-2; null if unknown.'),
    home_city string options (description = 'City; null if unknown.'),
    language string options (description = 'Language code; null if unknown.'),
    gender string options (description = 'M, F, O (other) or N (no answer); null if unknown.'),
    dob date options (description = 'Date of birth; null if unknown.'),
    time_zone string options (description = 'Time zone name; null if unknown.'),
    email_subscribe string options (description = 'opted_in, subscribed or unsubscribed.'),
    push_subscribe string options (description = 'opted_in, subscribed or unsubscribed.'),
    email_opted_in_at timestamp options (description = 'Time of the opt-in, UTC; null if none.'),
    email_unsubscribed_at timestamp options (description = 'Time of the opt-out, UTC; null if none.'),
    devices json options (description = 'List of devices with model, os and device_id; null if none.'),
    custom_attributes json options (description = 'Custom attributes by name; null if none.'),
    total_revenue numeric options (description = 'Purchases known to Braze in US dollars.'),
    purchase_count int64 options (description = 'Purchases known to Braze.'),
    created_at timestamp options (description = 'Time at which the profile was created, UTC.'),
    last_active_at timestamp options (description = 'Last session in app or web, UTC; null if none.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by external_id
options (
    description = 'Braze user profiles: one row per version of a profile as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'messaging'), ('source', 'braze'), ('pii', 'true')]
);
