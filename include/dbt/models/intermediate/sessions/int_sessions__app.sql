{{ config(materialized='ephemeral') }}

-- A session over midnight has events on two days: one day more on each side shows where it starts and ends.
with events as (
    select
        *,
        json_value(event_params, '$.firebase_screen') as screen
    from {{ ref('stg_firebase__events') }}
    where
        event_date between date_sub({{ window_start(var('late_arrival_days')) }}, interval 1 day)
        and date_add({{ window_end() }}, interval 1 day)
        and session_id is not null
),

counted as (
    select
        session_id,
        user_pseudo_id,
        min(event_at) as session_start_at,
        max(event_at) as session_end_at,
        logical_or(event_name = 'first_open') as is_new_visitor,
        logical_or(event_name = 'notification_open') as is_from_notification,
        countif(event_name = 'screen_view') as pageviews,
        count(*) as events,
        countif(event_name = 'view_item') as product_views,
        countif(event_name = 'add_to_cart') as add_to_carts,
        countif(event_name = 'begin_checkout') as checkouts,
        countif(event_name in ('purchase', 'in_app_purchase')) as conversions,
        sum(if(event_name in ('purchase', 'in_app_purchase'), event_value, 0)) as revenue,
        max(json_value(event_params, '$.source')) as source,
        max(json_value(event_params, '$.medium')) as medium,
        max({{ link_campaign(url_decoded("json_value(event_params, '$.campaign')")) }}) as campaign_name,
        max(json_value(event_params, '$.gclid')) as gclid,
        max(nullif(install_source, '(direct)')) as install_source,
        max(nullif(install_medium, '(none)')) as install_medium,
        max(install_campaign) as install_campaign,
        array_agg(screen order by screen is null, event_at, screen limit 1)[safe_offset(0)] as landing_page,
        array_agg(screen order by screen is null asc, event_at desc, screen asc limit 1)[safe_offset(0)] as exit_page,
        max(device_category) as device_category,
        max(operating_system) as operating_system,
        max(app_version) as app_version,
        max(country) as country,
        max(region) as region,
        max(city) as city
    from events
    group by session_id, user_pseudo_id
),

final as (
    select
        concat('firebase:', session_id) as session_id,
        {{ identity_key('firebase', 'user', 'user_pseudo_id') }} as identity_key,
        'app' as platform,
        session_start_at,
        session_end_at,
        date(session_start_at) as session_date,
        cast(null as int64) as session_number,
        is_new_visitor,
        -- What brought the installation explains its first session only; later ones are opened by hand.
        coalesce(
            source, if(is_from_notification, 'braze', null), if(is_new_visitor, install_source, null)
        ) as source,
        coalesce(
            medium, if(is_from_notification, 'push', null), if(is_new_visitor, install_medium, null)
        ) as medium,
        cast(null as string) as campaign_id,
        coalesce(campaign_name, if(is_new_visitor, install_campaign, null)) as campaign_name,
        gclid,
        cast(null as string) as referrer,
        landing_page,
        exit_page,
        pageviews,
        events,
        timestamp_diff(session_end_at, session_start_at, second) as duration_seconds,
        pageviews <= 1 and timestamp_diff(session_end_at, session_start_at, second) < 10 as is_bounce,
        product_views,
        add_to_carts,
        checkouts,
        conversions,
        coalesce(revenue, 0) as revenue,
        device_category,
        operating_system,
        cast(null as string) as browser,
        app_version,
        country,
        region,
        city
    from counted
    where
        date(session_start_at) between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
)

select * from final
