{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'activity_date', 'data_type': 'date'},
    partitions=window_partitions(var('late_arrival_days')),
    partition_expiration_days=feature_history_days() + 90,
    cluster_by=['identity_key'],
) }}

-- What a source record did on a day. Kept by record, not by customer, so that a merge of customers never
-- touches history. Each fact counts on the day on which it became known: a cancellation on its own day, not on
-- the day of the order; a won deal on the day on which sales said so, not on its close date.

{%- if is_incremental() %}
{%- set days = "between " ~ window_start(var('late_arrival_days')) ~ " and " ~ window_end() %}
{%- else %}
{%- set days = "between " ~ window_start(feature_history_days()) ~ " and " ~ window_end() %}
{%- endif %}

{%- set measures = [
    'sessions', 'app_sessions', 'engaged_sessions', 'bounced_sessions', 'paid_sessions', 'direct_sessions',
    'pageviews', 'product_views', 'add_to_carts', 'checkouts', 'session_seconds', 'messages_delivered',
    'messages_opened', 'messages_clicked', 'ad_clicks', 'placed_orders', 'cancelled_orders', 'items', 'tickets',
    'tickets_solved', 'good_ratings', 'bad_ratings', 'leads_created', 'leads_converted',
] %}
{%- set amounts = ['gross_revenue', 'discounts'] %}

with sessions as (
    select
        identity_key,
        session_date as activity_date,
        count(*) as sessions,
        countif(platform = 'app') as app_sessions,
        countif(is_engaged) as engaged_sessions,
        countif(is_bounce) as bounced_sessions,
        countif(is_paid) as paid_sessions,
        countif(is_direct) as direct_sessions,
        sum(pageviews) as pageviews,
        sum(product_views) as product_views,
        sum(add_to_carts) as add_to_carts,
        sum(checkouts) as checkouts,
        sum(duration_seconds) as session_seconds,
        count(distinct gclid) as ad_clicks
    from {{ ref('unified_sessions') }}
    where session_date {{ days }}
    group by identity_key, activity_date
),

touches as (
    select
        identity_key,
        touchpoint_date as activity_date,
        countif(touchpoint_type = 'message_delivered') as messages_delivered,
        countif(touchpoint_type = 'message_opened') as messages_opened,
        countif(touchpoint_type = 'message_clicked') as messages_clicked,
        countif(touchpoint_type = 'ad_click') as ad_clicks
    from {{ ref('unified_touchpoints') }}
    where touchpoint_date {{ days }} and touchpoint_type != 'session_start'
    group by identity_key, activity_date
),

-- An order that was imported from another shop was not known before it was entered here.
shop_orders as (
    select
        transactions.identity_key,
        if(
            date_diff(date(orders.created_at), transactions.transaction_date, day) > {{ var('late_arrival_days') }},
            date(orders.created_at),
            transactions.transaction_date
        ) as activity_date,
        transactions.item_count,
        transactions.gross_revenue,
        transactions.discount_amount
    from {{ ref('unified_transactions') }} as transactions
    inner join {{ ref('stg_shopify__orders') }} as orders
        on transactions.transaction_id = concat('shopify:', orders.order_id)
    where transactions.transaction_type = 'order'
),

known_orders as (
    select * from shop_orders
    union all
    select
        identity_key,
        known_date as activity_date,
        0 as item_count,
        gross_revenue,
        cast(0 as numeric) as discount_amount
    from {{ ref('int_features__won_deals') }}
),

orders as (
    select
        identity_key,
        activity_date,
        count(*) as placed_orders,
        sum(item_count) as items,
        sum(gross_revenue) as gross_revenue,
        sum(discount_amount) as discounts
    from known_orders
    where activity_date {{ days }}
    group by identity_key, activity_date
),

cancellations as (
    select
        identity_key,
        date(cancelled_at) as activity_date,
        count(*) as cancelled_orders
    from {{ ref('unified_transactions') }}
    where date(cancelled_at) {{ days }}
    group by identity_key, activity_date
),

tickets as (
    select
        identity_key,
        created_date as activity_date,
        count(*) as tickets
    from {{ ref('unified_support_tickets') }}
    where created_date {{ days }}
    group by identity_key, activity_date
),

solved as (
    select
        identity_key,
        date(solved_at) as activity_date,
        count(*) as tickets_solved
    from {{ ref('unified_support_tickets') }}
    where date(solved_at) {{ days }}
    group by identity_key, activity_date
),

ratings as (
    select
        identity_key,
        date(rated_at) as activity_date,
        countif(satisfaction_score = 'good') as good_ratings,
        countif(satisfaction_score = 'bad') as bad_ratings
    from {{ ref('unified_support_tickets') }}
    where date(rated_at) {{ days }}
    group by identity_key, activity_date
),

leads as (
    select
        identity_key,
        created_date as activity_date,
        count(*) as leads_created
    from {{ ref('unified_leads') }}
    where created_date {{ days }}
    group by identity_key, activity_date
),

conversions as (
    select
        identity_key,
        date(converted_at) as activity_date,
        count(*) as leads_converted
    from {{ ref('unified_leads') }}
    where date(converted_at) {{ days }}
    group by identity_key, activity_date
),

{%- set facts = {
    'sessions': measures[:11] + ['ad_clicks'], 'touches': measures[11:15], 'orders': ['placed_orders', 'items'] + amounts,
    'cancellations': ['cancelled_orders'], 'tickets': ['tickets'], 'solved': ['tickets_solved'],
    'ratings': ['good_ratings', 'bad_ratings'], 'leads': ['leads_created'], 'conversions': ['leads_converted'],
} %}

unioned as (
    {%- for fact, columns in facts.items() %}
    select
        {%- for measure in measures %}
        {{ 'fact.' ~ measure if measure in columns else '0' }} as {{ measure }},
        {%- endfor %}
        {%- for amount in amounts %}
        {{ 'fact.' ~ amount if amount in columns else 'cast(0 as numeric)' }} as {{ amount }},
        {%- endfor %}
        fact.identity_key,
        fact.activity_date
    from {{ fact }} as fact
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        {%- for column in measures + amounts %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        identity_key,
        activity_date
    from unioned
    where identity_key is not null
    group by identity_key, activity_date
)

select * from final
