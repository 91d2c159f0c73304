create table if not exists `{{ project_id }}.{{ bronze_dataset }}.firebase_events` (
    event_date date not null options (description = 'Day of the event, UTC.'),
    event_timestamp int64 not null options (
        description = 'Time of the event in microseconds since 1970, UTC.'
    ),
    event_name string not null options (
        description = 'Name of the event, such as session_start or purchase.'
    ),
    event_bundle_sequence_id int64 options (description = 'Ordinal of the upload in which the event came.'),
    user_id string options (description = 'Login id, the external_id in Braze; null while anonymous.'),
    user_pseudo_id string not null options (description = 'Id of the app installation.'),
    ga_session_id int64 options (description = 'Session id: start in seconds since 1970.'),
    event_params json options (description = 'Parameters by name; null if none.'),
    event_value_in_usd numeric options (description = 'Value in US dollars; null if the event has none.'),
    user_first_touch_timestamp int64 options (
        description = 'First opening of the app, microseconds since 1970.'
    ),
    platform string options (description = 'IOS or ANDROID.'),
    device_category string options (description = 'mobile or tablet.'),
    device_mobile_brand_name string options (description = 'Brand of the device.'),
    device_mobile_model_name string options (description = 'Model of the device.'),
    device_operating_system string options (description = 'Operating system.'),
    device_operating_system_version string options (description = 'Version of the operating system.'),
    device_advertising_id string options (description = 'Advertising id; null if the user refuses tracking.'),
    device_language string options (description = 'Device language, such as en-us.'),
    geo_country string options (description = 'Country from the address of the network.'),
    geo_region string options (description = 'Region; null if unknown.'),
    geo_city string options (description = 'City; null if unknown.'),
    app_info_id string options (description = 'Bundle id or package name of the app.'),
    app_info_version string options (description = 'Version of the app.'),
    traffic_source_name string options (
        description = 'Campaign that brought the installation; null if none.'
    ),
    traffic_source_medium string options (
        description = 'Medium that brought the installation; null if none.'
    ),
    traffic_source_source string options (
        description = 'Source that brought the installation; null if none.'
    ),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by event_date
cluster by user_pseudo_id, event_name
options (
    description = 'Firebase Analytics app events: one row per event, appended; a row may repeat.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'app'), ('source', 'firebase'), ('pii', 'true')]
);
