-- Written by `make ddl` from include/dbt/models/silver/unified_touchpoints.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ silver_dataset }}.unified_touchpoints` (
    touchpoint_id string not null options (
        description = 'Key of the contact: <touchpoint type>:<key of the source event>'
    ),
    customer_id string options (description = 'Customer by identity_map; null while the person is not resolved'),
    identity_key string options (
        description = 'Source record in identity_map; null for a message to an unknown profile'
    ),
    touchpoint_at timestamp not null options (description = 'When it happened (UTC)'),
    touchpoint_date date not null options (description = 'Day on which it happened (UTC)'),
    touchpoint_type string not null options (
        description = 'session_start, ad_click, message_delivered, message_opened or message_clicked'
    ),
    platform string not null options (description = 'System in which it happened: web, app, google_ads or braze'),
    channel string not null options (
        description = 'Marketing channel: Direct, Paid Search, Email … (see macro channel_of)'
    ),
    source string options (description = 'Traffic source; null if direct'),
    medium string options (description = 'Traffic medium; null if direct'),
    campaign_platform string options (
        description = 'Ad platform named by source and medium of the link (google_ads, braze); null where they name none'  -- noqa: LT05
    ),
    campaign_id string options (description = 'Campaign in its platform; null without a known campaign'),
    campaign_name string options (description = 'Name of the campaign; null without a campaign'),
    is_paid bool not null options (
        description = 'Whether the channel is Paid Search, Paid Social, Display or Affiliates'
    ),
    is_direct bool not null options (description = 'Whether the channel is Direct'),
    is_interaction bool not null options (
        description = 'Whether the person acted; false where a message was only delivered'
    ),
    gclid string options (description = 'Google click id; null if not a Google Ads click'),
    session_id string options (
        description = 'Session in unified_sessions; null for messages and clicks without a session'
    ),
    device_category string options (description = 'desktop, mobile or tablet; null if not recorded')
)
partition by touchpoint_date
cluster by customer_id, channel
options (
    description = 'Sessions, ad clicks and messages as marketing contacts; one row each (touchpoint_id)',
    partition_expiration_days = {{ silver_retention_days }},
    labels = [('domain', 'marketing'), ('layer', 'silver'), ('pii', 'true')]
);
