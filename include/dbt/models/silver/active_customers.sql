{{ config(materialized='view', labels={'layer': 'silver', 'domain': 'customer', 'pii': 'true'}) }}

select
    customer_id,
    full_name,
    email,
    company,
    country,
    lifecycle_stage,
    is_customer,
    last_seen_date,
    days_since_last_seen,
    sessions_90d,
    orders_90d,
    revenue_90d,
    total_revenue,
    engagement_score,
    churn_risk_score,
    churn_risk_category,
    is_unsubscribed,
    as_of_date
from {{ ref('customer_360') }}
where days_since_last_seen < 90
