-- Per platform and day, delivery in campaign_performance is that of the platform; and no attributed revenue of a
-- touch with a campaign is lost or doubled on the way.
with source_totals as (
    select
        platform,
        performance_date as campaign_date,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(spend) as spend
    from {{ ref('unified_ad_performance') }}
    where performance_date between {{ attribution_start() }} and {{ attribution_end() }}
    group by platform, performance_date
),

gold_totals as (
    select
        platform,
        campaign_date,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(campaign_spend) as spend
    from {{ ref('campaign_performance') }}
    where campaign_date between {{ attribution_start() }} and {{ attribution_end() }}
    group by platform, campaign_date
),

credited as (
    select sum(touch.{{ var('attribution_campaign_model') }}_revenue) as revenue
    from {{ ref('marketing_attribution') }} as conversions
    cross join unnest(conversions.touchpoints) as touch
    where
        conversions.transaction_date between {{ attribution_start() }} and {{ attribution_end() }}
        and (touch.campaign_id is not null or touch.campaign_name is not null)
),

booked as (
    select sum(attributed_revenue) as revenue
    from {{ ref('campaign_performance') }}
    where campaign_date between {{ attribution_start() }} and {{ attribution_end() }}
)

select
    coalesce(source_totals.platform, gold_totals.platform) as what,
    coalesce(source_totals.campaign_date, gold_totals.campaign_date) as campaign_date
from source_totals
full outer join gold_totals
    on source_totals.platform = gold_totals.platform and source_totals.campaign_date = gold_totals.campaign_date
where
    coalesce(source_totals.impressions, 0) != coalesce(gold_totals.impressions, 0)
    or coalesce(source_totals.clicks, 0) != coalesce(gold_totals.clicks, 0)
    or coalesce(source_totals.spend, 0) != coalesce(gold_totals.spend, 0)
union all
select
    'attributed revenue' as what,
    {{ attribution_end() }} as campaign_date
from credited
cross join booked
where coalesce(credited.revenue, 0) != coalesce(booked.revenue, 0)
