-- Written by `make ddl` from include/dbt/models/silver/active_customers.sql and its YAML; do not edit.
create or replace view `{{ project_id }}.{{ silver_dataset }}.active_customers`
options (
    description = 'Customers seen in the last 90 data days; one row per customer (customer_id)',
    labels = [('domain', 'customer'), ('layer', 'silver'), ('pii', 'true')]
) as
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
from `{{ project_id }}.{{ silver_dataset }}.customer_360`
where days_since_last_seen < 90;
