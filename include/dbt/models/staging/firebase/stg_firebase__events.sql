{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'event_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['user_pseudo_id', 'event_name'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('firebase', 'firebase_events') }}
    where event_date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', ['event_date', 'user_pseudo_id', 'event_timestamp', 'event_name']) }}
),

final as (
    select
        to_hex(
            md5(
                concat(
                    user_pseudo_id, '|', cast(event_timestamp as string), '|', event_name, '|',
                    cast(coalesce(event_bundle_sequence_id, 0) as string)
                )
            )
        ) as event_id,
        event_date,
        timestamp_micros(event_timestamp) as event_at,
        event_name,
        event_bundle_sequence_id,
        user_id,
        user_pseudo_id,
        ga_session_id,
        concat(user_pseudo_id, '.', cast(ga_session_id as string)) as session_id,
        event_params,
        {{ non_negative('event_value_in_usd') }} as event_value,
        timestamp_micros(user_first_touch_timestamp) as first_touch_at,
        platform,
        device_category,
        device_mobile_brand_name as device_brand,
        device_mobile_model_name as device_model,
        device_operating_system as operating_system,
        device_operating_system_version as operating_system_version,
        device_language,
        geo_country as country,
        geo_region as region,
        geo_city as city,
        app_info_id as app_id,
        app_info_version as app_version,
        {{ link_campaign(url_decoded('traffic_source_name')) }} as install_campaign,
        traffic_source_medium as install_medium,
        traffic_source_source as install_source,
        _fivetran_synced as synced_at
    from newest
)

select * from final
