-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  metric_time__month
  , cohort_month__months_since
  , SUM(__cohort_customers) AS cohort_customers
  , SUM(__retained_customers) AS retained_customers
FROM (
  SELECT
    TIMESTAMP_TRUNC(cohort_month, month) AS metric_time__month
    , cast(months_since as string) AS cohort_month__months_since
    , customers AS __cohort_customers
    , retained_customers AS __retained_customers
  FROM `{{ project_id }}.{{ gold_dataset }}.cohort_retention` cohorts_src_10000
) subq_3
GROUP BY
  metric_time__month
  , cohort_month__months_since
