-- Written by `make ddl` from include/dbt/models/gold/executive_kpis.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.executive_kpis` (
    kpi_date date not null options (description = 'Day (UTC)'),
    revenue numeric not null options (description = 'Net revenue (USD)'),
    orders int64 not null options (description = 'Conversions: orders and won opportunities with positive net revenue'),
    revenue_per_conversion float64 options (description = 'revenue / orders (USD); null without orders'),
    new_customers int64 not null options (description = 'Customers with their first conversion on this day'),
    returning_customers int64 not null options (
        description = 'Customers with a conversion on this day and an earlier one'
    ),
    spend numeric not null options (description = 'Media cost (USD)'),
    customer_acquisition_cost float64 options (description = 'spend / new_customers (USD); null without new customers'),
    roas float64 options (description = 'revenue / spend, all revenue counted; null without spend'),
    sessions int64 not null options (description = 'Web and app sessions'),
    session_conversion_rate float64 options (description = 'orders / sessions; null without sessions'),
    visiting_people_1d int64 not null options (description = 'Resolved persons with a session on this day'),
    visiting_people_28d int64 not null options (
        description = 'Resolved persons with a session on this day or the 27 before'
    ),
    leads int64 not null options (description = 'Leads created'),
    marketing_qualified_leads int64 not null options (
        description = 'Of these, those whose score on this day reached the mql band'
    ),
    converted_leads int64 not null options (description = 'Leads that sales converted to an opportunity on this day'),
    opportunities_won int64 not null options (description = 'Opportunities won on this day'),
    lapsed_customers int64 not null options (
        description = 'Customers whose last conversion was churned_after_days.order days ago on this day, with none since'  -- noqa: LT05
    ),
    lapse_rate_28d float64 options (
        description = 'lapsed_customers of 28 days over those with a conversion in the churned_after_days.order days before these (0–1); null without any'  -- noqa: LT05
    ),
    tickets int64 not null options (description = 'Support tickets opened'),
    satisfaction_rate float64 options (
        description = 'Good over all ratings given on this day (0–1); null without ratings'
    ),
    unsubscribes int64 not null options (
        description = 'People who unsubscribed through a message; one who leaves two campaigns counts twice'
    ),
    revenue_7d numeric not null options (description = 'Net revenue of this day and the 6 before (USD)'),
    revenue_28d numeric not null options (description = 'Net revenue of this day and the 27 before (USD)'),
    revenue_change_7d float64 options (
        description = 'revenue_7d against the 7 days before, as a fraction; null if these had none'
    ),
    revenue_change_28d float64 options (
        description = 'revenue_28d against the 28 days before, as a fraction; null if these had none'
    ),
    roas_28d float64 options (description = 'revenue_28d / spend of these 28 days; null without spend'),
    customer_acquisition_cost_28d float64 options (
        description = 'Spend of 28 days / new customers of 28 days (USD); null without new customers'
    )
)
partition by kpi_date
options (
    description = 'Key figures of the business; one row per day (kpi_date)',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'executive'), ('layer', 'gold'), ('pii', 'false')]
);
