create table if not exists `{{ project_id }}.{{ bronze_dataset }}.google_ads_campaigns` (
    id int64 not null options (description = 'Google Ads campaign id.'),
    customer_id int64 not null options (description = 'Google Ads account (customer) id.'),
    name string options (description = 'Campaign name; equals utm_campaign.'),
    status string options (description = 'ENABLED, PAUSED or REMOVED.'),
    advertising_channel_type string options (
        description = 'SEARCH, DISPLAY, VIDEO, SHOPPING or PERFORMANCE_MAX.'
    ),
    bidding_strategy_type string options (
        description = 'Bidding, such as TARGET_CPA or MAXIMIZE_CONVERSIONS.'
    ),
    campaign_budget_id int64 options (description = 'Budget id.'),
    campaign_budget_amount_micros int64 options (description = 'Daily budget in millionths of a US dollar.'),
    start_date date options (description = 'First day of the campaign.'),
    end_date date options (description = 'Last day; null if open.'),
    labels json options (description = 'List of label names; null if none.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by customer_id, id
options (
    description = 'Google Ads campaigns: one row per campaign and day of sync, current state.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'ads'), ('source', 'google_ads'), ('pii', 'false')]
);
