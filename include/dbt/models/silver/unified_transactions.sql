{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='transaction_id',
        partition_by={'field': 'transaction_date', 'data_type': 'date', 'granularity': 'month'},
        cluster_by=['customer_id', 'transaction_type'],
        labels={'layer': 'silver', 'domain': 'sales', 'pii': 'true'},
        post_hook=[
            "{{ delete_withdrawn('transaction_id', [
                (ref('stg_shopify__orders'), \"concat('shopify:', order_id)\", 'is_deleted or is_test or ' ~ is_dated_ahead('coalesce(processed_at, created_at)')),
                (ref('stg_salesforce__opportunities'), \"concat('salesforce:', opportunity_id)\", 'is_deleted or not is_won'),
            ]) }}",
            "{{ restamp_customer_id() }}",
        ],
    )
}}

-- No partition expiry: a record changes for as long as it lives, and lifetime totals would shrink.

with line_items as (
    select * from {{ ref('stg_shopify__order_line_items') }}
),

orders as (
    select *
    from {{ ref('stg_shopify__orders') }}
    where
        not is_deleted
        and not is_test
        and not {{ is_dated_ahead('coalesce(processed_at, created_at)') }}
        and (
            {{ changed_in_window() }}
            or order_id in (
                select line_items.order_id from line_items
                where {{ changed_in_window() }}
            )
        )
),

opportunities as (
    select *
    from {{ ref('int_opportunities__identified') }}
    where
        is_won
        and not is_deleted
        and ({{ changed_in_window() }} or {{ changed_in_window('date(lead_synced_at)') }})
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

rates as (
    {{ exchange_rate_periods() | indent(4) }}
),

shops as (
    select *
    from {{ ref('source_accounts') }}
    where source = 'shopify'
),

order_amounts as (
    {{ order_amounts('orders', 'line_items') | indent(4) }}
),

order_transactions as (
    select
        concat('shopify:', order_amounts.order_id) as transaction_id,
        coalesce(
            {{ identity_key('shopify', 'customer', 'order_amounts.customer_id') }},
            {{ identity_key('shopify', 'order', 'order_amounts.order_id') }}
        ) as identity_key,
        'order' as transaction_type,
        order_amounts.order_name as order_number,
        -- As in Shopify's reports: an order that was imported belongs to the day of its sale.
        coalesce(order_amounts.processed_at, order_amounts.created_at) as transaction_at,
        date(
            coalesce(order_amounts.processed_at, order_amounts.created_at),
            coalesce(nullif(shops.time_zone, ''), '{{ var('reporting_time_zone') }}')
        ) as transaction_date,
        case
            when order_amounts.is_cancelled then 'cancelled'
            when order_amounts.financial_status in ('refunded', 'partially_refunded', 'pending')
                then order_amounts.financial_status
            else 'completed'
        end as status,
        coalesce(order_amounts.currency, '{{ var('reporting_currency') }}') as currency,
        order_amounts.goods_amount + order_amounts.goods_discount as gross_revenue,
        order_amounts.goods_discount as discount_amount,
        order_amounts.tax as tax_amount,
        order_amounts.shipping_paid as shipping_amount,
        order_amounts.goods_refunded as refund_amount,
        if(
            order_amounts.is_cancelled, 0, order_amounts.goods_amount - order_amounts.goods_refunded
        ) as net_revenue,
        coalesce(order_amounts.item_count, 0) as item_count,
        coalesce(
            order_amounts.utm_source,
            {{ click_source('order_amounts.landing_site') }},
            {{ url_host('order_amounts.referring_site') }},
            if(order_amounts.source_name in ('web', 'mobile_app'), null, order_amounts.source_name)
        ) as source,
        coalesce(order_amounts.utm_medium, {{ click_medium('order_amounts.landing_site') }}) as medium,
        {{ campaign_platform(
            "coalesce(order_amounts.utm_source, " ~ click_source('order_amounts.landing_site') ~ ")",
            "coalesce(order_amounts.utm_medium, " ~ click_medium('order_amounts.landing_site') ~ ")",
            'order_amounts.gclid'
        ) }} as campaign_platform,
        cast(null as string) as campaign_id,
        order_amounts.utm_campaign as campaign_name,
        order_amounts.gclid,
        order_amounts.is_cancelled,
        order_amounts.cancelled_at,
        cast(null as string) as account_id,
        coalesce(order_amounts.billing_country, order_amounts.shipping_country) as country,
        coalesce(order_amounts.updated_at, order_amounts.created_at) as updated_at
    from order_amounts
    left join shops on order_amounts.connection = shops.account_id
    where coalesce(order_amounts.processed_at, order_amounts.created_at) is not null
),

opportunity_transactions as (
    select
        concat('salesforce:', opportunities.opportunity_id) as transaction_id,
        opportunities.identity_key,
        'opportunity' as transaction_type,
        opportunities.opportunity_name as order_number,
        timestamp(opportunities.close_date) as transaction_at,
        opportunities.close_date as transaction_date,
        'completed' as status,
        coalesce(opportunities.currency, '{{ var('salesforce_currency') }}') as currency,
        coalesce(opportunities.amount, 0) as gross_revenue,
        cast(0 as numeric) as discount_amount,
        cast(0 as numeric) as tax_amount,
        cast(0 as numeric) as shipping_amount,
        cast(0 as numeric) as refund_amount,
        coalesce(opportunities.amount, 0) as net_revenue,
        0 as item_count,
        opportunities.source,
        opportunities.medium,
        opportunities.campaign_platform,
        opportunities.campaign_id,
        opportunities.campaign_name,
        opportunities.gclid,
        false as is_cancelled,
        cast(null as timestamp) as cancelled_at,
        opportunities.account_id,
        accounts.country,
        coalesce(opportunities.updated_at, timestamp(opportunities.close_date)) as updated_at
    from opportunities
    left join accounts on opportunities.account_id = accounts.account_id
    where opportunities.close_date is not null
),

transactions as (
    select * from order_transactions
    union all
    select * from opportunity_transactions
),

priced as (
    select
        transactions.*,
        {{ exchange_rate('transactions.currency') }} as exchange_rate
    from transactions
    left join rates on {{ has_rate_of('transactions.currency', 'transactions.transaction_date') }}
),

-- Each part is converted and rounded, so that the parts add up. Without a rate nothing is added up.
converted as (
    select
        *,
        round(gross_revenue * coalesce(exchange_rate, 0), 2) as reported_gross,
        round(discount_amount * coalesce(exchange_rate, 0), 2) as reported_discount,
        round(refund_amount * coalesce(exchange_rate, 0), 2) as reported_refund
    from priced
),

final as (
    select
        transactions.transaction_id,
        keys.customer_id,
        transactions.identity_key,
        transactions.transaction_type,
        transactions.order_number,
        transactions.transaction_at,
        transactions.transaction_date,
        transactions.status,
        transactions.currency,
        transactions.exchange_rate,
        transactions.net_revenue as original_net_revenue,
        transactions.reported_gross as gross_revenue,
        transactions.reported_discount as discount_amount,
        round(transactions.tax_amount * coalesce(transactions.exchange_rate, 0), 2) as tax_amount,
        round(transactions.shipping_amount * coalesce(transactions.exchange_rate, 0), 2) as shipping_amount,
        transactions.reported_refund as refund_amount,
        if(
            transactions.is_cancelled,
            0,
            transactions.reported_gross - transactions.reported_discount - transactions.reported_refund
        ) as net_revenue,
        transactions.item_count,
        {{ channel_of('transactions.source', 'transactions.medium', 'transactions.gclid') }} as channel,
        transactions.source,
        transactions.medium,
        transactions.campaign_platform,
        transactions.campaign_id,
        transactions.campaign_name,
        transactions.gclid,
        transactions.is_cancelled,
        transactions.cancelled_at,
        transactions.account_id,
        transactions.country,
        transactions.updated_at
    from converted as transactions
    left join keys on transactions.identity_key = keys.identity_key
)

select * from final
