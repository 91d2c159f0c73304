-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , conversion__journey_path
  , SUM(journeys) AS journeys
  , SUM(journey_revenue) AS journey_revenue
  , SUM(journey_touches) AS journey_touches
  , SUM(journey_days) AS journey_days
  , SUM(unattributed_journeys) AS unattributed_journeys
FROM (
  SELECT
    TIMESTAMP_TRUNC(transaction_date, day) AS metric_time__day
    , journey_path AS conversion__journey_path
    , journey_days
    , revenue AS journey_revenue
    , touch_count AS journey_touches
    , 1 AS journeys
    , if(is_unattributed, 1, 0) AS unattributed_journeys
  FROM `{{ project_id }}.{{ gold_dataset }}.marketing_attribution` journeys_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
  , conversion__journey_path
