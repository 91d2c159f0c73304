{{ config(severity='warn') }}

-- An order and a won deal of one customer, of one currency and amount (with or without tax and shipping), within a
-- week: probably one sale, which counts twice. Nothing ties the two, so nothing is left out by itself.
with sales as (
    select
        *,
        original_net_revenue + safe_divide(tax_amount + shipping_amount, exchange_rate) as original_total
    from {{ ref('unified_transactions') }}
    where
        transaction_date between {{ window_start(var('restatement_days')) }} and {{ window_end() }}
        and not is_cancelled
        and original_net_revenue > 0
        and customer_id is not null
)

select
    orders.transaction_id as order_id,
    deals.transaction_id as deal_id,
    deals.original_net_revenue as amount,
    deals.currency
from sales as orders
inner join sales as deals
    on
        orders.customer_id = deals.customer_id
        and orders.currency = deals.currency
        and (
            abs(orders.original_net_revenue - deals.original_net_revenue) <= 0.01
            or abs(orders.original_total - deals.original_net_revenue) <= 0.01
        )
        and abs(date_diff(orders.transaction_date, deals.transaction_date, day)) <= 7
where orders.transaction_type = 'order' and deals.transaction_type = 'opportunity'
