-- Written by `make ddl` from include/dbt/models/gold/lead_scores.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.lead_scores` (
    lead_id string not null options (description = 'Salesforce id of the lead'),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    full_name string options (description = 'First and last name; null if neither is known'),
    email string options (description = 'E-mail address; null if unknown'),
    company string options (description = 'Company the lead gave; null if none'),
    lead_score float64 not null options (
        description = 'Weighted sum of the components (0–100): BANT, lead source, company size and intent'
    ),
    lead_grade string not null options (description = 'A (best) to F, by seed scoring_bands'),
    conversion_probability float64 not null options (
        description = 'Calibrated probability (0–1) to convert in the horizon, as of observed_date'
    ),
    expected_value numeric options (
        description = 'conversion_probability × mean revenue of a converted lead; null while no deal is closed'
    ),
    currency string options (description = 'Currency of expected_value, by var reporting_currency'),
    sales_readiness_score float64 not null options (
        description = 'How ready for a sales call (0–100): score, recency, status and contact data'
    ),
    recommended_next_action string not null options (
        description = 'Next step for sales or marketing, by seed scoring_actions'
    ),
    qualification_status string not null options (description = 'converted, disqualified, sql, mql, nurture or new'),
    budget_score float64 not null options (
        description = 'Budget as stated in the form, else by revenue and size of the company (0–100)'
    ),
    authority_score float64 not null options (
        description = 'Authority by job title; the form counts where the title says less (0–100)'
    ),
    need_score float64 not null options (description = 'Need by products and pages looked at (0–100)'),
    timeline_score float64 not null options (
        description = 'Timeline as stated in the form or by recency of activity, the higher one (0–100)'
    ),
    intent_score float64 not null options (description = 'Intent by visits, carts and message clicks (0–100)'),
    components array<struct<
        component string options (description = 'Component, as in seed scoring_weights'),
        weight float64 options (description = 'Share of the component in the score (0–1)'),
        value float64 options (description = 'Value of the component (0–100)'),
        contribution float64 options (description = 'weight × value: points of the score')
    >> options (description = 'Why this score: its weighted components, largest contribution first'),
    status string options (description = 'Status as chosen in Salesforce; null if none'),
    channel string not null options (description = 'Marketing channel of the form or lead source'),
    campaign_name string options (description = 'utm_campaign captured with the form; null if none'),
    created_date date not null options (description = 'Day on which the lead was created (UTC)'),
    last_activity_date date options (
        description = 'Last session or message interaction; null if there was none in 30 days'
    ),
    is_converted bool not null options (description = 'Whether the lead was converted'),
    converted_date date options (description = 'Day of conversion (UTC); null if not converted'),
    observed_date date not null options (
        description = 'Last day whose activity counts: score_date, or the eve of the conversion'
    ),
    score_date date not null options (description = 'Day the score describes: the newest day in silver')
)
partition by score_date
cluster by qualification_status, lead_grade, lead_id
options (
    description = 'Scores of leads as of the newest day in silver; one row per lead (lead_id)',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'sales'), ('layer', 'gold'), ('pii', 'true')]
);
