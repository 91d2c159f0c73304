-- Events of app streams. Without consent an event has no id of the installation, and belongs to nobody.
with
final as (
    select
        _connection,
        day as event_date,
        event_timestamp,
        event_name,
        event_bundle_sequence_id,
        user_id,
        user_pseudo_id,
        ga_session_id,
        event_params,
        event_value_in_usd,
        user_first_touch_timestamp,
        upper(platform) as platform,
        device_category,
        device_mobile_brand_name,
        device_mobile_model_name,
        device_operating_system,
        device_operating_system_version,
        device_advertising_id,
        device_language,
        geo_country,
        geo_region,
        geo_city,
        app_info_id,
        app_info_version,
        first_campaign as traffic_source_name,
        first_medium as traffic_source_medium,
        first_source as traffic_source_source,
        -- The export has no time of landing: the day's end stands for it, whenever the day lands.
        coalesce(
            _fivetran_synced, timestamp_sub(timestamp(date_add(day, interval 1 day)), interval 1 microsecond)
        ) as _fivetran_synced
    from events
    where upper(platform) != 'WEB' and user_pseudo_id is not null
)

select * from final
