select customer_id, full_name, health_score, health_category, churn_risk_score, recommended_actions
from `{project_id}.marts.customer_health_scores`
where health_category in ('at_risk', 'critical')
order by health_score
