-- Written by `make ddl` from include/dbt/models/gold/cohort_retention.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.cohort_retention` (
    cohort_month date not null options (description = 'First day of the month of the first conversion'),
    months_since int64 not null options (description = 'Whole months since cohort_month; 0 is that month'),
    activity_month date not null options (description = 'First day of the month looked at'),
    is_complete bool not null options (
        description = 'Whether activity_month lies wholly before the newest day in silver'
    ),
    customers int64 not null options (description = 'Customers of the cohort'),
    retained_customers int64 not null options (description = 'Of these, those with a conversion in activity_month'),
    retention_rate float64 not null options (description = 'retained_customers / customers (0–1)'),
    orders int64 not null options (description = 'Conversions of the cohort in activity_month'),
    revenue numeric not null options (description = 'Net revenue of the cohort in activity_month (USD)'),
    cumulative_revenue numeric not null options (
        description = 'Net revenue of the cohort until the end of activity_month (USD)'
    ),
    cumulative_revenue_per_customer float64 not null options (description = 'cumulative_revenue / customers (USD)'),
    calculated_date date not null options (description = 'Newest day in silver')
)
partition by date_trunc(cohort_month, month)
options (
    description = 'Retention of acquisition cohorts; one row per cohort_month and months_since',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'customer'), ('layer', 'gold'), ('pii', 'false')]
);
