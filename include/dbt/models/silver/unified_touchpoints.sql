{{
    config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'touchpoint_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['customer_id', 'channel'],
        partition_expiration_days=var('silver_retention_days'),
        labels={'layer': 'silver', 'domain': 'marketing', 'pii': 'true'},
        post_hook="{{ restamp_customer_id('touchpoint_date', var('attribution_lookback_days')) }}",
    )
}}

{%- set first_day = window_start(var('late_arrival_days')) %}

-- One day more: the session of a click shortly before midnight starts on the next day.
with sessions as (
    select *
    from {{ ref('unified_sessions') }}
    where session_date between {{ first_day }} and date_add({{ window_end() }}, interval 1 day)
),

clicks as (
    select *
    from {{ ref('stg_google_ads__clicks') }}
    where click_date between {{ first_day }} and {{ window_end() }}
),

messages as (
    select *
    from {{ ref('stg_braze__message_events') }}
    where
        event_date between {{ first_day }} and {{ window_end() }}
        and event_type in ('delivered', 'open', 'click')
        -- A mail proxy that loads pictures is not a person who reads.
        and not is_machine_open
),

braze_users as (
    select
        braze_id,
        min(external_id) as external_id
    from {{ ref('stg_braze__users') }}
    where braze_id is not null
    group by braze_id
),

campaigns as (
    select * from {{ ref('int_campaigns__unioned') }}
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

session_touches as (
    select
        concat('session_start:', session_id) as touchpoint_id,
        identity_key,
        session_start_at as touchpoint_at,
        session_date as touchpoint_date,
        'session_start' as touchpoint_type,
        platform,
        channel,
        source,
        medium,
        campaign_platform,
        campaign_id,
        campaign_name,
        true as is_interaction,
        gclid,
        session_id,
        device_category
    from sessions
    where session_date <= {{ window_end() }}
),

-- A click whose session was tracked is one contact with that session, so only the others count.
click_touches as (
    select
        concat('ad_click:', clicks.gclid) as touchpoint_id,
        {{ identity_key('google_ads', 'click', 'clicks.gclid') }} as identity_key,
        clicks.clicked_at as touchpoint_at,
        clicks.click_date as touchpoint_date,
        'ad_click' as touchpoint_type,
        'google_ads' as platform,
        {{ channel_of("'google'", "coalesce(campaigns.medium, 'cpc')", 'clicks.gclid') }} as channel,
        'google' as source,
        coalesce(campaigns.medium, 'cpc') as medium,
        'google_ads' as campaign_platform,
        clicks.campaign_id,
        coalesce(campaigns.campaign_name, clicks.campaign_name) as campaign_name,
        true as is_interaction,
        clicks.gclid,
        cast(null as string) as session_id,
        lower(clicks.device) as device_category
    from clicks
    left join campaigns on clicks.campaign_id = campaigns.campaign_id and campaigns.platform = 'google_ads'
    where clicks.gclid not in (
        select sessions.gclid from sessions
        where sessions.gclid is not null
    )
),

message_touches as (
    select
        concat('message:', messages.message_event_id) as touchpoint_id,
        {{ identity_key('braze', 'user', 'coalesce(messages.external_user_id, braze_users.external_id)') }}
            as identity_key,
        messages.event_at as touchpoint_at,
        messages.event_date as touchpoint_date,
        case messages.event_type
            when 'delivered' then 'message_delivered'
            when 'open' then 'message_opened'
            else 'message_clicked'
        end as touchpoint_type,
        'braze' as platform,
        {{ channel_of("'braze'", 'messages.channel') }} as channel,
        'braze' as source,
        messages.channel as medium,
        'braze' as campaign_platform,
        coalesce(messages.campaign_id, messages.canvas_id) as campaign_id,
        coalesce(campaigns.campaign_name, messages.campaign_name, messages.canvas_name) as campaign_name,
        messages.event_type != 'delivered' as is_interaction,
        cast(null as string) as gclid,
        cast(null as string) as session_id,
        cast(null as string) as device_category
    from messages
    left join braze_users on messages.braze_id = braze_users.braze_id
    left join campaigns on messages.campaign_id = campaigns.campaign_id and campaigns.platform = 'braze'
),

touches as (
    select * from session_touches
    union all
    select * from click_touches
    union all
    select * from message_touches
),

final as (
    select
        touches.touchpoint_id,
        keys.customer_id,
        touches.identity_key,
        touches.touchpoint_at,
        touches.touchpoint_date,
        touches.touchpoint_type,
        touches.platform,
        touches.channel,
        touches.source,
        touches.medium,
        touches.campaign_platform,
        touches.campaign_id,
        touches.campaign_name,
        {{ is_paid_channel('touches.channel') }} as is_paid,
        touches.channel = 'Direct' as is_direct,
        touches.is_interaction,
        touches.gclid,
        touches.session_id,
        touches.device_category
    from touches
    left join keys on touches.identity_key = keys.identity_key
)

select * from final
