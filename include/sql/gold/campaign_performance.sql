-- Written by `make ddl` from include/dbt/models/gold/campaign_performance.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.campaign_performance` (
    campaign_date date not null options (
        description = 'Day of delivery (in the time zone of the ad account), session, lead, opportunity or conversion (UTC)'  -- noqa: LT05
    ),
    platform string not null options (
        description = 'google_ads, braze, or other for campaigns that only links name (utm_campaign)'
    ),
    campaign_id string not null options (
        description = 'Campaign in its platform; for platform other its id or name in the link'
    ),
    campaign_name string not null options (description = 'Newest name of the campaign; its id where no name is known'),
    campaign_type string not null options (
        description = 'Type in the platform (SEARCH, DISPLAY, email …); unknown if it has none'
    ),
    channel string not null options (description = 'Marketing channel the campaign works in'),
    impressions int64 not null options (description = 'Ad impressions; for messages the deliveries'),
    clicks int64 not null options (description = 'Clicks on ads or in messages'),
    campaign_spend numeric not null options (description = 'Media cost (USD); 0 for messages and links'),
    platform_conversions float64 not null options (description = 'Conversions as the platform counts them'),
    sessions int64 not null options (description = 'Web and app sessions that the campaign brought'),
    engaged_sessions int64 not null options (description = 'Of these the engaged ones'),
    leads_generated int64 not null options (description = 'Salesforce leads created from the campaign'),
    opportunities int64 not null options (description = 'Leads of the campaign that became an opportunity on this day'),
    opportunities_won int64 not null options (
        description = 'Won opportunities of leads of the campaign that closed on this day'
    ),
    attributed_conversions float64 not null options (
        description = 'Conversions of the day credited to it (model: attribution_campaign_model)'
    ),
    attributed_revenue numeric not null options (
        description = 'Revenue of the day credited to it (USD, same model); credit of touches without a campaign is left out'  -- noqa: LT05
    ),
    new_customers float64 not null options (
        description = 'First conversions of customers credited to the campaign (same model)'
    ),
    click_through_rate float64 options (description = 'clicks / impressions (0–1); null without impressions'),
    cost_per_click float64 options (description = 'campaign_spend / clicks (USD); null without clicks'),
    cost_per_lead float64 options (description = 'campaign_spend / leads_generated (USD); null without leads'),
    customer_acquisition_cost float64 options (
        description = 'campaign_spend / new_customers (USD); null without new customers'
    ),
    cost_per_conversion float64 options (
        description = 'campaign_spend / attributed_conversions (USD); null without conversions'
    ),
    conversion_rate float64 options (
        description = 'attributed_conversions / sessions, may exceed 1; null without sessions'
    ),
    lead_to_opportunity_rate float64 options (
        description = 'opportunities / leads_generated of this day; null without leads'
    ),
    roas float64 options (description = 'attributed_revenue / campaign_spend; null without spend'),
    roi float64 options (description = '(attributed_revenue − campaign_spend) / campaign_spend; null without spend'),
    credit_by_model array<struct<
        attribution_model string options (description = 'Attribution model (first_touch … shapley), each once'),
        conversions float64 options (description = 'Conversions credited'),
        revenue numeric options (description = 'Revenue credited (USD)')
    >> options (description = 'Conversions and revenue of the day credited to it by each attribution model')
)
partition by campaign_date
cluster by platform, campaign_id
options (
    description = 'Full funnel; one row per platform, campaign_id and campaign_date',
    partition_expiration_days = {{ gold_retention_days }},
    labels = [('domain', 'marketing'), ('layer', 'gold'), ('pii', 'false')]
);
