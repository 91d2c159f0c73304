SELECT
  lead_id,
  full_name,
  email,
  lead_score,
  lead_grade,
  conversion_probability,
  sales_readiness_score,
  recommended_next_action
FROM `nexvigilant-marketing-prod.marts.lead_scores`
WHERE lead_score >= 70
  AND qualification_status = 'sql'
ORDER BY lead_score DESC;
