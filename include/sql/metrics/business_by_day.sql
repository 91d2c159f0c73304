-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , SUM(revenue) AS revenue
  , SUM(spend) AS spend
  , SUM(conversions) AS conversions
  , SUM(new_customers) AS new_customers
  , SUM(returning_customers) AS returning_customers
  , SUM(lapsed_customers) AS lapsed_customers
  , SUM(lapse_rate_sum) AS lapse_rate_sum
  , SUM(lapse_rate_days) AS lapse_rate_days
  , SUM(visiting_people_sum) AS visiting_people_sum
  , SUM(business_days) AS business_days
  , SUM(sessions) AS sessions
  , SUM(leads) AS leads
  , SUM(marketing_qualified_leads) AS marketing_qualified_leads
  , SUM(converted_leads) AS converted_leads
  , SUM(opportunities_won) AS opportunities_won
  , SUM(tickets) AS tickets
  , SUM(unsubscribes) AS unsubscribes
FROM (
  SELECT
    TIMESTAMP_TRUNC(kpi_date, day) AS metric_time__day
    , 1 AS business_days
    , orders AS conversions
    , converted_leads
    , if(lapse_rate_28d is null, 0, 1) AS lapse_rate_days
    , lapse_rate_28d AS lapse_rate_sum
    , lapsed_customers
    , leads
    , marketing_qualified_leads
    , new_customers
    , opportunities_won
    , returning_customers
    , revenue
    , sessions
    , spend
    , tickets
    , unsubscribes
    , visiting_people_28d AS visiting_people_sum
  FROM `{{ project_id }}.{{ gold_dataset }}.executive_kpis` business_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
