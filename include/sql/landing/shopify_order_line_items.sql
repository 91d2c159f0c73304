with
refunded as (
    select
        _connection,
        order_line_id,
        sum(quantity) as quantity,
        max(_fivetran_synced) as synced
    from refund_lines
    group by _connection, order_line_id
),

final as (
    select
        order_lines.* except (price, fulfillment_status, original_total, unfulfilled_quantity, _fivetran_synced),
        products.product_type,
        order_lines.quantity - coalesce(refunded.quantity, 0) as current_quantity,
        -- GraphQL tables of older connections have the total of the line only.
        coalesce(
            order_lines.price, safe_divide(order_lines.original_total, order_lines.quantity)
        ) as price,
        case
            when order_lines.fulfillment_status is not null then lower(order_lines.fulfillment_status)
            when order_lines.unfulfilled_quantity = 0 then 'fulfilled'
            when order_lines.unfulfilled_quantity < order_lines.quantity then 'partial'
        end as fulfillment_status,
        greatest(
            order_lines._fivetran_synced, coalesce(refunded.synced, order_lines._fivetran_synced)
        ) as _fivetran_synced
    from order_lines
    left join products on order_lines.product_id = products.id and order_lines._connection = products._connection
    left join refunded on order_lines.id = refunded.order_line_id and order_lines._connection = refunded._connection
)

select * from final
