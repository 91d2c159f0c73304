-- Written by `make ddl` from include/dbt/models/gold/customer_health_scores.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.customer_health_scores` (
    customer_id string not null options (
        description = 'Customer with at least one order or won opportunity not cancelled'
    ),
    full_name string options (description = 'First and last name; null while anonymous'),
    email string options (description = 'E-mail address, lower case; null if none is known'),
    account_name string options (
        description = 'Salesforce account, else the company the person gave; null if neither is known'
    ),
    account_owner_id string options (description = 'Salesforce user who owns the account; null without an account'),
    health_score float64 not null options (description = 'Weighted sum of the components (0–100), 100 is best'),
    health_category string not null options (
        description = 'healthy, neutral, at_risk or critical, by seed scoring_bands'
    ),
    churn_risk_score float64 not null options (description = 'Risk of losing the person (0–1), from customer_360'),
    strongest_component string not null options (description = 'Component that loses the fewest points'),
    weakest_component string not null options (description = 'Component that loses the most points'),
    recommended_actions array<string> options (
        description = 'What to do, most urgent first; empty if nothing is needed'
    ),
    components array<struct<
        component string options (description = 'Component, as in seed scoring_weights'),
        weight float64 options (description = 'Share of the component in the score (0–1)'),
        value float64 options (description = 'Value of the component (0–100)'),
        contribution float64 options (description = 'weight × value: points of the score')
    >> options (description = 'Why this score: its weighted components, largest contribution first'),
    lifecycle_stage string not null options (description = 'Stage in customer_360'),
    total_revenue numeric not null options (description = 'Net revenue of all time (USD)'),
    days_since_last_order int64 options (
        description = 'Days from the last order to score_date; null if it is not dated'
    ),
    is_unsubscribed bool not null options (description = 'Whether the person must not get e-mail'),
    score_date date not null options (description = 'Day the score describes: the newest day in silver')
)
partition by score_date
cluster by health_category, customer_id
options (
    description = 'Health of customers as of the newest day in silver; one row per customer (customer_id)',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'customer'), ('layer', 'gold'), ('pii', 'true')]
);
