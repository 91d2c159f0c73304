-- Written by `make ddl` from include/dbt/models/gold/mv_campaign_daily_summary.sql and its YAML; do not edit.
create materialized view if not exists `{{ project_id }}.{{ gold_dataset }}.mv_campaign_daily_summary`
partition by campaign_date
options (
    enable_refresh = true,
    refresh_interval_minutes = 30,
    description = 'Campaign sums; one row per day, platform, campaign type and channel',
    labels = [('domain', 'marketing'), ('layer', 'gold'), ('pii', 'false')]
) as
-- Only what BigQuery refreshes incrementally: sums over one table, partitioned as it is, so that a day that is
-- overwritten there makes BigQuery read that day again and not the table. The description comes with the DDL: dbt would
-- write it by an update of the table, which makes a plain view of it in the embedded warehouse.
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
