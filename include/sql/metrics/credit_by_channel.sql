-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , channel_day__attribution_model
  , channel_day__channel
  , SUM(credited_conversions) AS credited_conversions
  , SUM(credited_revenue) AS credited_revenue
  , SUM(channel_spend) AS channel_spend
FROM (
  SELECT
    TIMESTAMP_TRUNC(performance_date, day) AS metric_time__day
    , attribution_model AS channel_day__attribution_model
    , channel AS channel_day__channel
    , spend AS channel_spend
    , conversions AS credited_conversions
    , revenue AS credited_revenue
  FROM `{{ project_id }}.{{ gold_dataset }}.channel_performance` channels_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
  , channel_day__attribution_model
  , channel_day__channel
