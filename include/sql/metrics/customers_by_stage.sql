-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  customer__health_category
  , customer__lifecycle_stage
  , customer__weakest_component
  , SUM(__customers) AS customers
  , SUM(__customers_at_risk) AS customers_at_risk
  , SUM(__health_points) AS health_points
  , SUM(__customer_revenue) AS customer_revenue
  , SUM(__revenue_at_risk) AS revenue_at_risk
FROM (
  SELECT
    health_category AS customer__health_category
    , lifecycle_stage AS customer__lifecycle_stage
    , weakest_component AS customer__weakest_component
    , total_revenue AS __customer_revenue
    , 1 AS __customers
    , if(health_category in ('at_risk', 'critical'), 1, 0) AS __customers_at_risk
    , health_score AS __health_points
    , if(health_category in ('at_risk', 'critical'), total_revenue, 0) AS __revenue_at_risk
  FROM `{{ project_id }}.{{ gold_dataset }}.customer_health_scores` customers_src_10000
) subq_3
GROUP BY
  customer__health_category
  , customer__lifecycle_stage
  , customer__weakest_component
