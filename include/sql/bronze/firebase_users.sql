create table if not exists `{{ project_id }}.{{ bronze_dataset }}.firebase_users` (
    user_pseudo_id string not null options (description = 'Id of the app installation.'),
    user_id string options (description = 'Login id, the external_id in Braze; null while anonymous.'),
    email string options (description = 'E-mail given at app sign-in; null if not signed in or hidden.'),
    first_open_time timestamp options (description = 'First opening of the app, UTC.'),
    last_active_time timestamp options (description = 'Last activity, UTC.'),
    platform string options (description = 'IOS or ANDROID.'),
    device_advertising_id string options (description = 'Advertising id; null if the user refuses tracking.'),
    device_mobile_model_name string options (description = 'Model of the device.'),
    geo_country string options (description = 'Country of the last activity.'),
    geo_city string options (description = 'City of the last activity; null if unknown.'),
    push_token string options (description = 'Token for push messages; null if push is refused.'),
    user_properties json options (description = 'User properties by name; null if none.'),
    user_ltv_revenue numeric options (description = 'Revenue of the installation so far in US dollars.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by user_pseudo_id
options (
    description = 'Firebase app installations: one row per version of an installation as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'app'), ('source', 'firebase'), ('pii', 'true')]
);
