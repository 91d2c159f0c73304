SELECT
  customer_id,
  full_name,
  email,
  company,
  lifecycle_stage,
  total_revenue,
  engagement_score,
  churn_risk_category
FROM `nexvigilant-marketing-prod.staging.customer_360`
WHERE is_customer = TRUE;
