-- Written by `make ddl` from include/dbt/models/silver/unified_sessions.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_sessions` (
    session_id string not null options (
        description = 'Key: ga360:<visitor>:<visit> or firebase:<app instance>:<session>'
    ),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    identity_key string not null options (
        description = 'Source record of the visitor in identity_map: <source>:<record id>'
    ),
    platform string not null options (description = 'Where the session took place: web or app'),
    session_start_at timestamp not null options (description = 'First hit or event of the session (UTC)'),
    session_end_at timestamp options (description = 'Last hit or event of the session (UTC)'),
    session_date date not null options (description = 'Day on which the session started (UTC)'),
    session_number int64 options (
        description = 'Ordinal of the session for this visitor as GA360 counts; null in apps'
    ),
    is_new_visitor bool options (description = 'Whether it is the first session of the visitor or app user'),
    channel string not null options (
        description = 'Marketing channel: Direct, Paid Search, Email … (see macro channel_of)'
    ),
    source string options (description = 'Traffic source (utm_source or as the source derived it); null if direct'),
    medium string options (description = 'Traffic medium (utm_medium or as the source derived it); null if direct'),
    campaign_platform string options (
        description = 'Ad platform named by source and medium of the link (google_ads, braze); null where they name none'  -- noqa: LT05
    ),
    campaign_id string options (
        description = 'Google Ads campaign of the click, or utm_id; null without a known campaign'
    ),
    campaign_name string options (
        description = 'Campaign (utm_campaign or name of the ad campaign); null without a campaign'
    ),
    gclid string options (description = 'Google click id of the landing; null if not a Google Ads click'),
    referrer string options (description = 'Host of the referring page; null if none'),
    is_paid bool not null options (
        description = 'Whether the channel is Paid Search, Paid Social, Display or Affiliates'
    ),
    is_direct bool not null options (description = 'Whether the channel is Direct'),
    landing_page string options (description = 'Path or screen of the first page; null if not recorded'),
    exit_page string options (description = 'Path or screen of the last page; null if not recorded'),
    pageviews int64 not null options (description = 'Number of pages or screens seen'),
    events int64 not null options (description = 'Number of hits or events, pages included'),
    duration_seconds int64 not null options (description = 'Seconds from first to last hit or event'),
    is_bounce bool not null options (description = 'Whether the session ended after a single page without interaction'),
    is_engaged bool not null options (
        description = 'Whether it lasted 10 seconds, saw two pages or converted (GA4 definition)'
    ),
    product_views int64 not null options (description = 'Number of product detail views'),
    add_to_carts int64 not null options (description = 'Number of add-to-cart actions'),
    checkouts int64 not null options (description = 'Number of checkout steps begun'),
    conversions int64 not null options (description = 'Number of purchases tracked in the session'),
    revenue numeric not null options (
        description = 'Purchase revenue tracked in the session (USD); orders are the truth for money'
    ),
    device_category string options (description = 'desktop, mobile or tablet; null if not recorded'),
    operating_system string options (description = 'Operating system; null if not recorded'),
    browser string options (description = 'Browser; null in apps'),
    app_version string options (description = 'Version of the app; null on the web'),
    country string options (description = 'Country by IP; null if not recorded'),
    region string options (description = 'Region by IP; null if not recorded'),
    city string options (description = 'City by IP; null if not recorded')
)
partition by session_date
cluster by customer_id, channel
options (
    description = 'Web and app sessions of GA360 and Firebase; one row per session (session_id)',
    partition_expiration_days = {{ silver_retention_days }},
    labels = [('domain', 'web'), ('layer', 'silver'), ('pii', 'true')]
);
