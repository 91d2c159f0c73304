create table if not exists `{{ project_id }}.{{ bronze_dataset }}.ga360_sessions` (
    date date not null options (description = 'Day of the session, UTC.'),
    full_visitor_id string not null options (
        description = 'Visitor id: one per browser; here equal to client_id.'
    ),
    visit_id int64 not null options (
        description = 'Session id, unique per visitor: start in seconds since 1970.'
    ),
    visit_number int64 options (description = 'Ordinal of the session of this visitor, from 1.'),
    client_id string options (
        description = 'Client id of the browser cookie; same browser as full_visitor_id.'
    ),
    user_id string options (
        description = 'Login id, the external_id in Braze; null while anonymous.'
    ),
    visit_start_time timestamp not null options (description = 'Start of the session, UTC.'),
    channel_grouping string options (description = 'Default channel of GA360, such as Paid Search.'),
    traffic_source_source string options (description = 'Source, such as google or (direct).'),
    traffic_source_medium string options (description = 'Medium, such as cpc, organic, email or (none).'),
    traffic_source_campaign string options (description = 'Campaign name; (not set) if none.'),
    traffic_source_keyword string options (description = 'Search term of the click; null if none.'),
    traffic_source_ad_content string options (description = 'Ad content tag; null if none.'),
    traffic_source_gclid string options (description = 'Google click id; null if not from a Google ad.'),
    traffic_source_campaign_id string options (
        description = 'Google Ads campaign id; null if not from a Google ad.'
    ),
    traffic_source_referral_path string options (description = 'Path of the referring page; null if none.'),
    traffic_source_is_true_direct bool options (
        description = 'True if the visitor typed the address or used a bookmark.'
    ),
    device_category string options (description = 'desktop, mobile or tablet.'),
    device_browser string options (description = 'Browser name.'),
    device_operating_system string options (description = 'Operating system.'),
    device_is_mobile bool options (description = 'True on phone or tablet.'),
    device_language string options (description = 'Browser language, such as en-us.'),
    geo_network_country string options (description = 'Country from the address of the network.'),
    geo_network_region string options (description = 'Region; (not set) if unknown.'),
    geo_network_city string options (description = 'City; (not set) if unknown.'),
    landing_page_path string options (description = 'Path and query of the first page.'),
    exit_page_path string options (description = 'Path of the last page.'),
    totals_visits int64 options (description = '1 if the session had an interaction, else null.'),
    totals_hits int64 options (description = 'Hits of the session.'),
    totals_pageviews int64 options (description = 'Page views of the session; null if none.'),
    totals_time_on_site int64 options (description = 'Length in seconds; null for a bounce.'),
    totals_bounces int64 options (description = '1 if the session had one page only, else null.'),
    totals_new_visits int64 options (description = '1 if it is the first session of the visitor, else null.'),
    totals_transactions int64 options (description = 'Purchases of the session; null if none.'),
    totals_transaction_revenue numeric options (
        description = 'Revenue of the session in US dollars; null if none.'
    ),
    _fivetran_synced timestamp not null options (description = 'Time at which Fivetran landed this row, UTC.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date
cluster by full_visitor_id, visit_id
options (
    description = 'GA360 web sessions: one row per session, appended; a row may repeat.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'web'), ('source', 'ga360'), ('pii', 'true')]
);
