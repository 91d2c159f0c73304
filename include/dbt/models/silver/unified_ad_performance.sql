{{
    config(
        materialized='incremental',
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'performance_date', 'data_type': 'date'},
        partitions=window_partitions(var('conversion_window_days')),
        cluster_by=['platform', 'campaign_id'],
        partition_expiration_days=var('silver_retention_days'),
        require_partition_filter=true,
        labels={'layer': 'silver', 'domain': 'marketing', 'pii': 'false'},
        post_hook='{{ restamp_campaigns() }}',
    )
}}

with rates as (
    {{ exchange_rate_periods() | indent(4) }}
),

accounts as (
    select *
    from {{ ref('source_accounts') }}
    where source = 'google_ads'
),

ads as (
    select
        stats.*,
        coalesce(nullif(accounts.currency, ''), '{{ var('reporting_currency') }}') as currency
    from {{ ref('stg_google_ads__ad_performance') }} as stats
    left join accounts on stats.ads_account_id = accounts.account_id
    where stats.performance_date between {{ window_start(var('conversion_window_days')) }} and {{ window_end() }}
),

-- Without a rate nothing is added up.
priced as (
    select
        ads.*,
        coalesce({{ exchange_rate('ads.currency') }}, 0) as exchange_rate
    from ads
    left join rates on {{ has_rate_of('ads.currency', 'ads.performance_date') }}
),

messages as (
    select
        *,
        coalesce(campaign_id, canvas_id) as sender_id,
        coalesce(external_user_id, braze_id) as recipient_id
    from {{ ref('stg_braze__message_events') }}
    where event_date between {{ window_start(var('conversion_window_days')) }} and {{ window_end() }}
),

campaigns as (
    select * from {{ ref('int_campaigns__unioned') }}
),

daily as (
    select
        'google_ads' as platform,
        campaign_id,
        max(campaign_name) as campaign_name,
        cast(null as string) as campaign_type,
        'cpc' as medium,
        performance_date,
        sum(coalesce(impressions, 0)) as impressions,
        sum(coalesce(clicks, 0)) as clicks,
        sum(round(coalesce(spend, 0) * exchange_rate, 6)) as spend,
        max(currency) as currency,
        sum(coalesce(spend, 0)) as original_spend,
        {{ exact_sum('coalesce(conversions, 0)') }} as conversions,
        sum(round(coalesce(conversion_value, 0) * exchange_rate, 6)) as conversion_value,
        sum(coalesce(view_through_conversions, 0)) as view_through_conversions,
        0 as sends,
        0 as deliveries,
        0 as opens,
        0 as unique_opens,
        0 as unique_clicks,
        0 as bounces,
        0 as unsubscribes
    from priced
    group by campaign_id, performance_date
    union all
    select
        'braze' as platform,
        sender_id as campaign_id,
        max(coalesce(campaign_name, canvas_name)) as campaign_name,
        max(channel) as campaign_type,
        max(channel) as medium,
        event_date as performance_date,
        countif(event_type = 'delivered') as impressions,
        countif(event_type = 'click') as clicks,
        cast(0 as numeric) as spend,
        '{{ var('reporting_currency') }}' as currency,
        cast(0 as numeric) as original_spend,
        cast(0 as float64) as conversions,
        cast(0 as numeric) as conversion_value,
        0 as view_through_conversions,
        countif(event_type = 'sent') as sends,
        countif(event_type = 'delivered') as deliveries,
        countif(event_type = 'open') as opens,
        count(distinct if(event_type = 'open', recipient_id, null)) as unique_opens,
        count(distinct if(event_type = 'click', recipient_id, null)) as unique_clicks,
        countif(event_type = 'bounce') as bounces,
        count(distinct if(event_type = 'unsubscribe', recipient_id, null)) as unsubscribes
    from messages
    where sender_id is not null
    group by sender_id, event_date
),

final as (
    select
        concat(daily.platform, ':', daily.campaign_id, ':', cast(daily.performance_date as string))
            as ad_performance_id,
        daily.platform,
        daily.campaign_id,
        coalesce(daily.campaign_name, campaigns.campaign_name) as campaign_name,
        coalesce(campaigns.campaign_type, daily.campaign_type) as campaign_type,
        campaigns.campaign_status,
        coalesce(campaigns.channel, {{ channel_of('daily.platform', 'daily.medium') }}) as channel,
        daily.performance_date,
        daily.impressions,
        daily.clicks,
        daily.spend,
        daily.conversions,
        daily.conversion_value,
        daily.view_through_conversions,
        daily.sends,
        daily.deliveries,
        daily.opens,
        daily.unique_opens,
        daily.unique_clicks,
        daily.bounces,
        daily.unsubscribes,
        daily.currency,
        daily.original_spend
    from daily
    left join campaigns on daily.platform = campaigns.platform and daily.campaign_id = campaigns.campaign_id
)

select * from final
