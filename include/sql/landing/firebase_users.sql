-- Installations that were active on a day: what the day's events say, and where users are exported what that knows.
with
active_users as (
    select
        _connection,
        day,
        user_pseudo_id,
        max_by(user_id, if(user_id is null, null, event_timestamp)) as user_id,
        min(user_first_touch_timestamp) as first_touch,
        max(event_timestamp) as last_active,
        max(upper(platform)) as platform,
        max(device_advertising_id) as device_advertising_id,
        max(device_mobile_model_name) as device_mobile_model_name,
        max(geo_country) as geo_country,
        max(geo_city) as geo_city
    from events
    where upper(platform) != 'WEB' and user_pseudo_id is not null
    group by _connection, day, user_pseudo_id
),

exported_users as (
    select * from app_users
    qualify row_number() over (partition by _connection, user_pseudo_id, day order by last_active desc) = 1
),

final as (
    select
        active_users._connection,
        active_users.user_pseudo_id,
        active_users.user_id,
        timestamp_micros(coalesce(exported_users.first_touch, active_users.first_touch)) as first_open_time,
        timestamp_micros(
            greatest(active_users.last_active, coalesce(exported_users.last_active, active_users.last_active))
        ) as last_active_time,
        active_users.platform,
        active_users.device_advertising_id,
        coalesce(
            exported_users.device_mobile_model_name, active_users.device_mobile_model_name
        ) as device_mobile_model_name,
        coalesce(exported_users.geo_country, active_users.geo_country) as geo_country,
        coalesce(exported_users.geo_city, active_users.geo_city) as geo_city,
        exported_users.user_properties,
        exported_users.revenue as user_ltv_revenue,
        -- The end of the day, which is what the row knows of; the export has no time of landing.
        timestamp_sub(timestamp(date_add(active_users.day, interval 1 day)), interval 1 microsecond) as _fivetran_synced
    from active_users
    left join exported_users
        on
            active_users.user_pseudo_id = exported_users.user_pseudo_id
            and active_users.day = exported_users.day
            and active_users._connection = exported_users._connection
)

select * from final
