-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , channel_day__channel
  , channel_day__attribution_model
  , SUM(credited_conversions) AS credited_conversions
  , SUM(credited_revenue) AS credited_revenue
  , SUM(channel_spend) AS channel_spend
FROM (
  SELECT
    TIMESTAMP_TRUNC(performance_date, day) AS metric_time__day
    , channel AS channel_day__channel
    , attribution_model AS channel_day__attribution_model
    , conversions AS credited_conversions
    , revenue AS credited_revenue
    , spend AS channel_spend
  FROM `{{ project_id }}.{{ gold_dataset }}.channel_performance` channels_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
  , channel_day__channel
  , channel_day__attribution_model
