-- Written by `make ddl` from include/dbt/models/silver/unified_ad_performance.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_ad_performance` (
    ad_performance_id string not null options (description = 'Key: <platform>:<campaign id>:<day>'),
    platform string not null options (description = 'google_ads or braze'),
    campaign_id string not null options (description = 'Id of the campaign in its platform'),
    campaign_name string options (description = 'Newest name of the campaign; null if its record has not landed'),
    campaign_type string options (
        description = 'Type in the platform: SEARCH, DISPLAY … or email, push …; null if unknown'
    ),
    campaign_status string options (description = 'Newest status of the campaign; null if unknown'),
    channel string not null options (description = 'Marketing channel the campaign works in (see macro channel_of)'),
    performance_date date not null options (description = 'Day of delivery (day of the ad account, UTC for messages)'),
    impressions int64 not null options (description = 'Ad impressions; for messages the deliveries'),
    clicks int64 not null options (description = 'Clicks on ads or in messages'),
    spend numeric not null options (description = 'Media cost (USD); 0 for messages'),
    conversions float64 not null options (description = 'Conversions as the platform counts them; 0 where it does not'),
    conversion_value numeric not null options (description = 'Value of these conversions (USD)'),
    view_through_conversions int64 not null options (
        description = 'Conversions after an impression without a click; 0 where not counted'
    ),
    sends int64 not null options (description = 'Messages sent; 0 for ads'),
    deliveries int64 not null options (description = 'Messages delivered; 0 for ads'),
    opens int64 not null options (description = 'Messages opened (all opens); 0 for ads'),
    unique_opens int64 not null options (description = 'Persons who opened; 0 for ads'),
    unique_clicks int64 not null options (description = 'Persons who clicked in a message; 0 for ads'),
    bounces int64 not null options (description = 'Messages bounced; 0 for ads'),
    unsubscribes int64 not null options (
        description = 'People who unsubscribed through a message of the campaign on this day; 0 for ads'
    ),
    currency string options (
        description = 'Currency of the ad account (ISO 4217, seed source_accounts); the reporting currency for messages'
    ),
    original_spend numeric options (
        description = 'Media cost in the currency of the ad account; spend is 0 where that has no rate'
    )
)
partition by performance_date
cluster by platform, campaign_id
options (
    description = 'Delivery of Google Ads and Braze campaigns; one row per platform, campaign and day',
    partition_expiration_days = {{ silver_retention_days }},
    require_partition_filter = true,
    labels = [('domain', 'marketing'), ('layer', 'silver'), ('pii', 'false')]
);
