create table if not exists `{{ project_id }}.{{ bronze_dataset }}.google_ads_ad_performance` (
    date date not null options (description = 'Day of the report, account time zone (UTC here).'),
    customer_id int64 not null options (description = 'Google Ads account (customer) id.'),
    campaign_id int64 not null options (description = 'Campaign id.'),
    campaign_name string options (description = 'Campaign name at the time of the report.'),
    ad_group_id int64 not null options (description = 'Ad group id.'),
    ad_group_name string options (description = 'Ad group name.'),
    ad_id int64 not null options (description = 'Ad id.'),
    ad_type string options (description = 'Kind of the ad, such as RESPONSIVE_SEARCH_AD.'),
    ad_network_type string options (description = 'SEARCH, CONTENT, YOUTUBE_WATCH or MIXED.'),
    device string not null options (description = 'DESKTOP, MOBILE or TABLET.'),
    impressions int64 options (description = 'Times shown.'),
    clicks int64 options (description = 'Clicks.'),
    interactions int64 options (description = 'Clicks, and views for video.'),
    cost_micros int64 options (description = 'Spend in millionths of a US dollar.'),
    conversions float64 options (
        description = 'Conversions as Google Ads attributes them; may be a fraction.'
    ),
    conversions_value numeric options (description = 'Value of those conversions in US dollars.'),
    view_through_conversions int64 options (description = 'Conversions after a view without a click.'),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date
cluster by campaign_id, ad_group_id
options (
    description = 'Google Ads report: one row per ad, device and day; restated days land again.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'ads'), ('source', 'google_ads'), ('pii', 'false')]
);
