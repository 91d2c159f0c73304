create table if not exists `{{ project_id }}.{{ bronze_dataset }}.google_ads_clicks` (
    date date not null options (description = 'Day of the click, UTC.'),
    gclid string not null options (description = 'Google click id.'),
    customer_id int64 not null options (description = 'Google Ads account (customer) id.'),
    campaign_id int64 not null options (description = 'Campaign id.'),
    campaign_name string options (description = 'Campaign name.'),
    ad_group_id int64 options (description = 'Ad group id.'),
    ad_id int64 options (description = 'Ad id; null if not reported.'),
    click_type string options (description = 'Part that was clicked, such as HEADLINE.'),
    keyword string options (description = 'Keyword that matched; null outside search.'),
    keyword_match_type string options (description = 'EXACT, PHRASE or BROAD; null outside search.'),
    device string options (description = 'DESKTOP, MOBILE or TABLET.'),
    ad_network_type string options (description = 'SEARCH, CONTENT, YOUTUBE_WATCH or MIXED.'),
    page_number int64 options (description = 'Page of the results; null outside search.'),
    location_country string options (description = 'Country of the person who clicked.'),
    location_city string options (description = 'City of the person who clicked; null if unknown.'),
    click_timestamp timestamp not null options (description = 'Time of the click, UTC.'),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date
cluster by campaign_id, gclid
options (
    description = 'Google Ads click report: one row per ad click, appended.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'ads'), ('source', 'google_ads'), ('pii', 'true')]
);
