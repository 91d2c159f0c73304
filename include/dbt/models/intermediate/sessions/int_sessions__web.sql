{{ config(materialized='ephemeral') }}

with sessions as (
    select *
    from {{ ref('stg_ga360__sessions') }}
    where
        session_date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
        -- Analytics counts no visit in which nobody did anything.
        and is_interaction
),

hits as (
    select *
    from {{ ref('stg_ga360__hits') }}
    where hit_date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

hit_counts as (
    select
        hit_date,
        session_id,
        count(*) as hit_count,
        max(hit_at) as last_hit_at,
        countif(ecommerce_action_type = 'view') as product_views,
        countif(ecommerce_action_type = 'add_to_cart') as add_to_carts,
        countif(ecommerce_action_type = 'checkout') as checkouts
    from hits
    group by hit_date, session_id
),

final as (
    select
        -- GA360 splits a session at midnight into two with the same visit id.
        concat('ga360:', sessions.session_id, '.', format_date('%Y%m%d', sessions.session_date)) as session_id,
        {{ identity_key('ga360', 'visitor', 'sessions.full_visitor_id') }} as identity_key,
        'web' as platform,
        sessions.started_at as session_start_at,
        coalesce(
            hit_counts.last_hit_at,
            timestamp_add(sessions.started_at, interval coalesce(sessions.duration_seconds, 0) second)
        ) as session_end_at,
        sessions.session_date,
        sessions.visit_number as session_number,
        sessions.is_new_visitor,
        coalesce(
            nullif(nullif(sessions.traffic_source, '(direct)'), '(not set)'),
            {{ click_source('sessions.landing_page_path') }}
        ) as source,
        -- Analytics takes a paid click without gclid for an organic one.
        if(
            coalesce(sessions.traffic_medium, '(none)') in ('organic', 'referral', '(none)', '(not set)'),
            coalesce(
                {{ click_medium('sessions.landing_page_path') }},
                nullif(nullif(sessions.traffic_medium, '(none)'), '(not set)')
            ),
            sessions.traffic_medium
        ) as medium,
        sessions.google_ads_campaign_id as campaign_id,
        sessions.campaign as campaign_name,
        sessions.gclid,
        if(sessions.traffic_medium = 'referral', sessions.traffic_source, null) as referrer,
        sessions.landing_page_path as landing_page,
        sessions.exit_page_path as exit_page,
        sessions.pageview_count as pageviews,
        coalesce(sessions.hit_count, hit_counts.hit_count, 0) as events,
        coalesce(sessions.duration_seconds, 0) as duration_seconds,
        sessions.is_bounce,
        coalesce(hit_counts.product_views, 0) as product_views,
        coalesce(hit_counts.add_to_carts, 0) as add_to_carts,
        coalesce(hit_counts.checkouts, 0) as checkouts,
        sessions.transaction_count as conversions,
        sessions.transaction_revenue as revenue,
        sessions.device_category,
        sessions.operating_system,
        sessions.browser,
        cast(null as string) as app_version,
        sessions.country,
        sessions.region,
        sessions.city
    from sessions
    left join hit_counts
        on
            sessions.session_date = hit_counts.hit_date
            and sessions.session_id = hit_counts.session_id
)

select * from final
