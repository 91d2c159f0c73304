-- Written by `make metrics` from include/dbt/models/metrics; do not edit.
SELECT
  lead__qualification_status
  , SUM(__pipeline_leads) AS pipeline_leads
  , SUM(__pipeline_value) AS pipeline_value
FROM (
  SELECT
    qualification_status AS lead__qualification_status
    , 1 AS __pipeline_leads
    , coalesce(expected_value, 0) AS __pipeline_value
  FROM `{{ project_id }}.{{ gold_dataset }}.lead_scores` lead_pipeline_src_10000
) subq_3
GROUP BY
  lead__qualification_status
