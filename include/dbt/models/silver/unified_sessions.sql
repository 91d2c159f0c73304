{{
    config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'session_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['customer_id', 'channel'],
        partition_expiration_days=var('silver_retention_days'),
        labels={'layer': 'silver', 'domain': 'web', 'pii': 'true'},
        post_hook="{{ restamp_customer_id('session_date', var('attribution_lookback_days')) }}",
    )
}}

with web_sessions as (
    select * from {{ ref('int_sessions__web') }}
),

app_sessions as (
    select * from {{ ref('int_sessions__app') }}
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

ads_campaigns as (
    select * from {{ ref('int_campaigns__unioned') }}
    where platform = 'google_ads'
),

sessions as (
    select * from web_sessions
    union all
    select * from app_sessions
),

with_campaign as (
    select
        sessions.* except (campaign_id, campaign_name, medium),
        keys.customer_id,
        sessions.campaign_id,
        coalesce(ads_campaigns.campaign_name, sessions.campaign_name) as campaign_name,
        coalesce(ads_campaigns.medium, sessions.medium) as medium
    from sessions
    left join keys on sessions.identity_key = keys.identity_key
    left join ads_campaigns on sessions.campaign_id = ads_campaigns.campaign_id
),

with_channel as (
    select
        *,
        {{ channel_of('source', 'medium', 'gclid', 'referrer') }} as channel,
        -- Only Google Ads' click ids name a campaign by its id.
        if(campaign_id is not null, 'google_ads', {{ campaign_platform('source', 'medium', 'gclid') }})
            as campaign_platform
    from with_campaign
),

final as (
    select
        session_id,
        customer_id,
        identity_key,
        platform,
        session_start_at,
        session_end_at,
        session_date,
        session_number,
        is_new_visitor,
        channel,
        source,
        medium,
        campaign_platform,
        campaign_id,
        campaign_name,
        gclid,
        referrer,
        {{ is_paid_channel('channel') }} as is_paid,
        channel = 'Direct' as is_direct,
        landing_page,
        exit_page,
        pageviews,
        events,
        duration_seconds,
        is_bounce,
        duration_seconds >= 10 or pageviews >= 2 or conversions > 0 as is_engaged,
        product_views,
        add_to_carts,
        checkouts,
        conversions,
        revenue,
        device_category,
        operating_system,
        browser,
        app_version,
        country,
        region,
        city
    from with_channel
)

select * from final
