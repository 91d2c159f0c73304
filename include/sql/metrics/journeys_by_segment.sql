-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__day
  , conversion__buyer
  , conversion__sale
  , SUM(journeys) AS journeys
  , SUM(journey_revenue) AS journey_revenue
FROM (
  SELECT
    TIMESTAMP_TRUNC(transaction_date, day) AS metric_time__day
    , if(is_first_conversion, 'new customers', 'returning customers') AS conversion__buyer
    , if(transaction_type = 'order', 'shop orders', 'won deals') AS conversion__sale
    , revenue AS journey_revenue
    , 1 AS journeys
  FROM `{{ project_id }}.{{ gold_dataset }}.marketing_attribution` journeys_src_10000
) subq_2
WHERE metric_time__day between @first and @last
GROUP BY
  metric_time__day
  , conversion__buyer
  , conversion__sale
