{% macro order_amounts(orders, line_items) -%}
-- What a line costs after its own discount; of it what came back, and what is a gift card.
with line_values as (
    select
        order_id,
        coalesce(quantity, 0) as quantity,
        current_quantity,
        is_gift_card,
        greatest(quantity * unit_price - coalesce(total_discount, 0), 0) as line_value
    from {{ line_items }}
    where not is_deleted and order_id in (select orders.order_id from {{ orders }} as orders)
),

order_lines as (
    select
        order_id,
        sum(if(is_gift_card, 0, quantity)) as item_count,
        logical_and(current_quantity is not null and line_value is not null) as is_known,
        coalesce(safe_divide(sum(if(is_gift_card, line_value, 0)), sum(line_value)), 0) as gift_card_share,
        coalesce(
            safe_divide(
                sum(
                    if(is_gift_card, 0, line_value)
                    * coalesce(safe_divide(cast(greatest(quantity - current_quantity, 0) as numeric), quantity), 0)
                ),
                sum(if(is_gift_card, 0, line_value))
            ),
            0
        ) as returned_share
    from line_values
    group by order_id
),

-- Which amounts the total holds: prices may contain the tax, and a discount may be the shipping.
order_parts as (
    select
        orders.*,
        coalesce(orders.subtotal_price, 0) as subtotal,
        coalesce(orders.total_tax, 0) as tax,
        coalesce(orders.total_shipping, 0) as shipping,
        coalesce(orders.total_discounts, 0) as discounts,
        order_lines.item_count,
        order_lines.gift_card_share,
        order_lines.returned_share,
        coalesce(order_lines.is_known, false) as is_return_known,
        coalesce(orders.subtotal_price, 0)
        + coalesce(orders.total_tax, 0)
        + coalesce(orders.total_shipping, 0)
        - orders.total_price as overcount
    from {{ orders }} as orders
    left join order_lines on orders.order_id = order_lines.order_id
),

order_rules as (
    select
        *,
        coalesce(
            shipping > 0
            and discounts >= shipping
            and least(abs(overcount - shipping), abs(overcount - shipping - tax)) <= 0.01,
            false
        ) as is_shipping_free
    from order_parts
),

order_prices as (
    select
        *,
        if(is_shipping_free, 0, shipping) as shipping_paid,
        discounts - if(is_shipping_free, shipping, 0) as goods_discount,
        coalesce(tax > 0 and abs(overcount - tax - if(is_shipping_free, shipping, 0)) <= 0.01, false)
            as is_tax_included
    from order_rules
),

order_goods as (
    select
        *,
        coalesce(safe_divide(tax * subtotal, subtotal + shipping_paid), 0) as goods_tax
    from order_prices
),

goods_amounts as (
    select
        *,
        cancelled_at is not null or coalesce(financial_status, '') = 'voided' as is_cancelled,
        -- A gift card is revenue when it is redeemed.
        round(
            (subtotal - if(is_tax_included, goods_tax, 0)) * (1 - coalesce(gift_card_share, 0)), 2
        ) as goods_amount,
        (subtotal + if(is_tax_included, 0, goods_tax)) * (1 - coalesce(gift_card_share, 0)) as goods_paid
    from order_goods
),

order_returns as (
    select
        *,
        -- Paid back beyond the returned goods: first the shipping, then the goods.
        greatest(total_refunded - coalesce(returned_share, 0) * goods_paid, 0) as paid_back_otherwise,
        shipping_paid + if(is_tax_included, 0, tax - goods_tax) as shipping_gross
    from goods_amounts
)

select
    *,
    round(
        least(
            goods_amount,
            case
                when financial_status = 'refunded' and total_refunded = 0 then goods_amount
                when is_return_known
                    then
                        coalesce(
                            safe_divide(
                                goods_amount * (
                                    least(coalesce(returned_share, 0) * goods_paid, total_refunded)
                                    + greatest(paid_back_otherwise - shipping_gross, 0)
                                ),
                                goods_paid
                            ),
                            0
                        )
                -- Without the lines: the goods' share of what was paid.
                else coalesce(safe_divide(total_refunded * goods_amount, total_price), 0)
            end
        ),
        2
    ) as goods_refunded
from order_returns
{%- endmacro %}
