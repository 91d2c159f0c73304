SELECT
  customer_id,
  full_name,
  health_score,
  health_category,
  churn_risk_score,
  recommended_actions
FROM `nexvigilant-marketing-prod.marts.customer_health_scores`
WHERE health_category IN ('at_risk', 'critical')
ORDER BY churn_risk_score DESC;
