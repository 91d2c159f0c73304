-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , campaign_day__campaign_name
  , campaign_day__channel
  , campaign_day__platform
  , SUM(impressions) AS impressions
  , SUM(clicks) AS clicks
  , SUM(campaign_spend) AS campaign_spend
  , SUM(campaign_sessions) AS campaign_sessions
  , SUM(campaign_leads) AS campaign_leads
  , SUM(campaign_opportunities) AS campaign_opportunities
  , SUM(attributed_conversions) AS attributed_conversions
  , SUM(attributed_revenue) AS attributed_revenue
FROM (
  SELECT
    TIMESTAMP_TRUNC(campaign_date, day) AS metric_time__day
    , campaign_name AS campaign_day__campaign_name
    , channel AS campaign_day__channel
    , platform AS campaign_day__platform
    , attributed_conversions
    , attributed_revenue
    , leads_generated AS campaign_leads
    , opportunities AS campaign_opportunities
    , sessions AS campaign_sessions
    , campaign_spend
    , clicks
    , impressions
  FROM `{{ project_id }}.{{ gold_dataset }}.campaign_performance` campaigns_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
  , campaign_day__campaign_name
  , campaign_day__channel
  , campaign_day__platform
