SELECT
  campaign_name,
  campaign_type,
  platform,
  campaign_spend,
  leads_generated,
  cost_per_lead,
  roas,
  roi
FROM `nexvigilant-marketing-prod.marts.campaign_performance`
WHERE campaign_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 7 DAY)
ORDER BY roas DESC;
