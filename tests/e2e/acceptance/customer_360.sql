select
    customer_id, full_name, email, company, lifecycle_stage, total_revenue, engagement_score, churn_risk_category,
    is_customer
from `{project_id}.staging.customer_360`
where is_customer and total_revenue > 0
order by total_revenue desc
