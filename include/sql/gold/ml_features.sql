-- Written by `make ddl` from include/dbt/models/gold/ml_features.sql and its YAML; do not edit.
create table if not exists `{{ project_id }}.{{ gold_dataset }}.ml_features` (
    entity_type string not null options (description = 'customer or lead'),
    entity_id string not null options (description = 'customer_id or lead_id'),
    snapshot_date date not null options (
        description = 'Day at whose beginning the features are known (UTC); they describe the days before it'
    ),
    sessions_7d int64 not null options (description = 'Web and app sessions in the 7 days before snapshot_date'),
    sessions_30d int64 not null options (description = 'Web and app sessions in the 30 days before snapshot_date'),
    sessions_90d int64 not null options (description = 'Web and app sessions in the 90 days before snapshot_date'),
    sessions_365d int64 not null options (description = 'Web and app sessions in the 365 days before snapshot_date'),
    app_sessions_30d int64 not null options (description = 'App sessions in the 30 days before snapshot_date'),
    app_sessions_90d int64 not null options (description = 'App sessions in the 90 days before snapshot_date'),
    engaged_sessions_30d int64 not null options (description = 'Engaged sessions in the 30 days before snapshot_date'),
    engaged_sessions_90d int64 not null options (description = 'Engaged sessions in the 90 days before snapshot_date'),
    bounced_sessions_30d int64 not null options (description = 'Bounced sessions in the 30 days before snapshot_date'),
    bounced_sessions_90d int64 not null options (description = 'Bounced sessions in the 90 days before snapshot_date'),
    paid_sessions_30d int64 not null options (
        description = 'Sessions from paid channels in the 30 days before snapshot_date'
    ),
    paid_sessions_90d int64 not null options (
        description = 'Sessions from paid channels in the 90 days before snapshot_date'
    ),
    direct_sessions_30d int64 not null options (
        description = 'Sessions from channel Direct in the 30 days before snapshot_date'
    ),
    direct_sessions_90d int64 not null options (
        description = 'Sessions from channel Direct in the 90 days before snapshot_date'
    ),
    active_days_7d int64 not null options (description = 'Days with a session in the 7 days before snapshot_date'),
    active_days_30d int64 not null options (description = 'Days with a session in the 30 days before snapshot_date'),
    active_days_90d int64 not null options (description = 'Days with a session in the 90 days before snapshot_date'),
    active_days_365d int64 not null options (description = 'Days with a session in the 365 days before snapshot_date'),
    pageviews_7d int64 not null options (description = 'Pages and screens seen in the 7 days before snapshot_date'),
    pageviews_30d int64 not null options (description = 'Pages and screens seen in the 30 days before snapshot_date'),
    pageviews_90d int64 not null options (description = 'Pages and screens seen in the 90 days before snapshot_date'),
    pageviews_365d int64 not null options (description = 'Pages and screens seen in the 365 days before snapshot_date'),
    product_views_7d int64 not null options (description = 'Product detail views in the 7 days before snapshot_date'),
    product_views_30d int64 not null options (description = 'Product detail views in the 30 days before snapshot_date'),
    product_views_90d int64 not null options (description = 'Product detail views in the 90 days before snapshot_date'),
    add_to_carts_7d int64 not null options (description = 'Add-to-cart actions in the 7 days before snapshot_date'),
    add_to_carts_30d int64 not null options (description = 'Add-to-cart actions in the 30 days before snapshot_date'),
    add_to_carts_90d int64 not null options (description = 'Add-to-cart actions in the 90 days before snapshot_date'),
    checkouts_30d int64 not null options (description = 'Checkout steps begun in the 30 days before snapshot_date'),
    checkouts_90d int64 not null options (description = 'Checkout steps begun in the 90 days before snapshot_date'),
    session_seconds_30d int64 not null options (
        description = 'Seconds spent in sessions in the 30 days before snapshot_date'
    ),
    session_seconds_90d int64 not null options (
        description = 'Seconds spent in sessions in the 90 days before snapshot_date'
    ),
    messages_delivered_7d int64 not null options (
        description = 'Messages delivered in the 7 days before snapshot_date'
    ),
    messages_delivered_30d int64 not null options (
        description = 'Messages delivered in the 30 days before snapshot_date'
    ),
    messages_delivered_90d int64 not null options (
        description = 'Messages delivered in the 90 days before snapshot_date'
    ),
    messages_opened_7d int64 not null options (description = 'Messages opened in the 7 days before snapshot_date'),
    messages_opened_30d int64 not null options (description = 'Messages opened in the 30 days before snapshot_date'),
    messages_opened_90d int64 not null options (description = 'Messages opened in the 90 days before snapshot_date'),
    messages_clicked_7d int64 not null options (description = 'Messages clicked in the 7 days before snapshot_date'),
    messages_clicked_30d int64 not null options (description = 'Messages clicked in the 30 days before snapshot_date'),
    messages_clicked_90d int64 not null options (description = 'Messages clicked in the 90 days before snapshot_date'),
    ad_clicks_30d int64 not null options (
        description = 'Clicks on ads with or without a tracked session in the 30 days before snapshot_date'
    ),
    ad_clicks_90d int64 not null options (
        description = 'Clicks on ads with or without a tracked session in the 90 days before snapshot_date'
    ),
    placed_orders_30d int64 not null options (
        description = 'Orders and won opportunities placed in the 30 days before snapshot_date'
    ),
    placed_orders_90d int64 not null options (
        description = 'Orders and won opportunities placed in the 90 days before snapshot_date'
    ),
    placed_orders_365d int64 not null options (
        description = 'Orders and won opportunities placed in the 365 days before snapshot_date'
    ),
    cancelled_orders_90d int64 not null options (description = 'Orders cancelled in the 90 days before snapshot_date'),
    cancelled_orders_365d int64 not null options (
        description = 'Orders cancelled in the 365 days before snapshot_date'
    ),
    items_90d int64 not null options (description = 'Units ordered in the 90 days before snapshot_date'),
    items_365d int64 not null options (description = 'Units ordered in the 365 days before snapshot_date'),
    tickets_30d int64 not null options (description = 'Support tickets opened in the 30 days before snapshot_date'),
    tickets_90d int64 not null options (description = 'Support tickets opened in the 90 days before snapshot_date'),
    tickets_365d int64 not null options (description = 'Support tickets opened in the 365 days before snapshot_date'),
    tickets_solved_90d int64 not null options (
        description = 'Support tickets solved in the 90 days before snapshot_date'
    ),
    good_ratings_365d int64 not null options (
        description = 'Good satisfaction ratings given in the 365 days before snapshot_date'
    ),
    bad_ratings_365d int64 not null options (
        description = 'Bad satisfaction ratings given in the 365 days before snapshot_date'
    ),
    leads_created_90d int64 not null options (description = 'Leads created in the 90 days before snapshot_date'),
    leads_created_365d int64 not null options (description = 'Leads created in the 365 days before snapshot_date'),
    leads_converted_365d int64 not null options (description = 'Leads converted in the 365 days before snapshot_date'),
    booked_revenue_30d numeric not null options (
        description = 'Booked revenue (gross less discounts, USD) of the 30 days before snapshot_date'
    ),
    booked_revenue_90d numeric not null options (
        description = 'Booked revenue (gross less discounts, USD) of the 90 days before snapshot_date'
    ),
    booked_revenue_365d numeric not null options (
        description = 'Booked revenue (gross less discounts, USD) of the 365 days before snapshot_date'
    ),
    discounts_365d numeric not null options (
        description = 'Discounts given (USD) in the 365 days before snapshot_date'
    ),
    booked_order_value_365d float64 options (
        description = 'Booked revenue per order (USD) in 365 days; null if there is no order in the window'
    ),
    discount_rate_365d float64 options (
        description = 'Discounts over gross revenue in 365 days; null if there is no order in the window'
    ),
    bounce_rate_90d float64 options (
        description = 'Bounced over all sessions in 90 days; null if there is no session in the window'
    ),
    pages_per_session_90d float64 options (
        description = 'Pages per session in 90 days; null if there is no session in the window'
    ),
    open_rate_90d float64 options (
        description = 'Opened over delivered messages of 90 days; null if there is no message delivered'
    ),
    click_rate_90d float64 options (
        description = 'Clicked over delivered messages in 90 days; null if there is no message delivered'
    ),
    cart_rate_90d float64 options (
        description = 'Add-to-cart actions per product view in 90 days; null if there is no product view'
    ),
    session_trend_30d float64 options (
        description = 'Sessions of 30 days over the 30 before; null if there is no session in these'
    ),
    booked_revenue_trend_90d float64 options (
        description = 'Revenue of 90 days over the 90 before; null if there is no order in these'
    ),
    days_since_last_session int64 options (
        description = 'Days from the last session to the day before snapshot_date; null if there is no session in the window'  -- noqa: LT05
    ),
    days_since_last_placed_order int64 options (
        description = 'Days from the last order to the day before snapshot_date; null if there is no order in the window'  -- noqa: LT05
    ),
    days_since_last_message_interaction int64 options (
        description = 'Days since a message was opened or clicked; null if there is none in the window'
    ),
    days_since_last_ticket int64 options (
        description = 'Days from the last ticket to the day before snapshot_date; null if there is no ticket in the window'  -- noqa: LT05
    ),
    days_since_first_activity int64 not null options (
        description = 'Days from the first activity in the window to the day before snapshot_date'
    ),
    record_count int64 not null options (
        description = 'Source records of the person that were linked before snapshot_date'
    ),
    source_count int64 not null options (description = 'Source systems that knew the person before snapshot_date'),
    lead_age_days int64 options (
        description = 'Days from creation of the lead to the day before snapshot_date; null if the entity is not a lead'
    )
)
partition by snapshot_date
cluster by entity_type, entity_id
options (
    description = 'Features as known when a day began; one row per entity_type, entity_id and snapshot_date',
    partition_expiration_days = {{ gold_retention_days }},
    require_partition_filter = true,
    labels = [('domain', 'data_science'), ('layer', 'gold'), ('pii', 'false')]
);
