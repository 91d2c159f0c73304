-- Reads every revenue event there is, so that others need not: they take a customer's first conversion from here.

with transactions as (
    select *
    from {{ ref('unified_transactions') }}
    where customer_id is not null and not is_cancelled
),

as_of as (
    select * from {{ ref('int_customers__as_of') }}
),

dated as (
    select
        transactions.*,
        -- Who buys a gift card has ordered when it is redeemed.
        transactions.gross_revenue > 0
        or transactions.exchange_rate is null
        or transactions.transaction_type = 'opportunity' as is_order,
        {{ days_since('transactions.transaction_date', 'as_of.as_of_date') }} as days_ago
    from transactions
    cross join as_of
    -- A deal may be closed with a day ahead: it counts from then on.
    where transactions.transaction_date <= as_of.as_of_date
),

final as (
    select
        customer_id,
        sum(net_revenue) as total_revenue,
        sum(if(days_ago < 30, net_revenue, 0)) as revenue_30d,
        sum(if(days_ago < 90, net_revenue, 0)) as revenue_90d,
        sum(if(days_ago < 365, net_revenue, 0)) as revenue_365d,
        countif(is_order) as order_count,
        countif(is_order and days_ago < 90) as orders_90d,
        sum(refund_amount) as refund_total,
        {{ rate('sum(refund_amount)', 'sum(gross_revenue - discount_amount)') }} as refund_rate,
        min(if(is_order, transaction_date, null)) as first_order_date,
        max(if(is_order, transaction_date, null)) as last_order_date,
        {{ rate(
            'date_diff(max(if(is_order, transaction_date, null)), min(if(is_order, transaction_date, null)), day)',
            'countif(is_order) - 1'
        ) }}
            as average_days_between_orders,
        array_agg(channel order by transaction_at, transaction_id limit 1)[safe_offset(0)]
            as first_order_channel,
        min(if(net_revenue > 0, transaction_date, null)) as first_conversion_date,
        array_agg(
            if(net_revenue > 0, transaction_id, null) ignore nulls order by transaction_at, transaction_id limit 1
        )[safe_offset(0)] as first_conversion_id
    from dated
    group by customer_id
)

select * from final
