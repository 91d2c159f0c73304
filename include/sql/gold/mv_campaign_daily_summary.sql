create materialized view if not exists `{{ project_id }}.{{ gold_dataset }}.mv_campaign_daily_summary`
partition by campaign_date
options (
    enable_refresh = true,
    refresh_interval_minutes = 30,
    description = 'Campaign sums; one row per day, platform, campaign type and channel',
    labels = [('layer', 'gold'), ('domain', 'marketing'), ('pii', 'false')]
) as
select
    campaign_date,
    platform,
    campaign_type,
    channel,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(campaign_spend) as campaign_spend,
    sum(sessions) as sessions,
    sum(leads_generated) as leads_generated,
    sum(opportunities) as opportunities,
    sum(cast(attributed_conversions as numeric)) as attributed_conversions,
    sum(attributed_revenue) as attributed_revenue,
    count(*) as campaign_days
from `{{ project_id }}.{{ gold_dataset }}.campaign_performance`
group by campaign_date, platform, campaign_type, channel;
