SELECT
  first_touch_channel,
  last_touch_channel,
  COUNT(*) as conversions,
  SUM(revenue) as total_revenue,
  SUM(first_touch_revenue) as first_touch_attributed_revenue
FROM `nexvigilant-marketing-prod.marts.marketing_attribution`
WHERE transaction_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)
GROUP BY 1, 2;
