-- A refund, a tag or a note that syncs later lands its order again.
with
refunded as (
    select
        _connection,
        order_id,
        sum(amount) as amount,
        max(_fivetran_synced) as synced
    from refunds
    group by _connection, order_id
),

-- REST names: a refund has no amount of its own, its transactions have.
paid_back as (
    select
        _connection,
        order_id,
        sum(if(lower(kind) = 'refund' and lower(status) = 'success', amount, null)) as amount,
        max(_fivetran_synced) as synced
    from transactions
    group by _connection, order_id
),

tags as (
    select
        _connection,
        order_id,
        string_agg(value, ', ' order by index, value) as tags,
        max(_fivetran_synced) as synced
    from order_tags
    group by _connection, order_id
),

attributes as (
    select
        _connection,
        order_id,
        parse_json(
            concat(
                '[',
                string_agg(
                    -- REST tables hold the value as JSON text, in quotes.
                    concat(
                        '{"name": ', to_json_string(name), ', "value": ', to_json_string(trim(value, '"')), '}'
                    ),
                    ', ' order by name, value
                ),
                ']'
            )
        ) as note_attributes,
        max(_fivetran_synced) as synced
    from order_attributes
    group by _connection, order_id
),

codes as (
    select
        _connection,
        order_id,
        parse_json(
            concat(
                '[',
                string_agg(
                    concat(
                        '{"code": ', to_json_string(code), ', "amount": ', to_json_string(amount),
                        ', "type": ', to_json_string(type), '}'
                    ),
                    ', ' order by index, code
                ),
                ']'
            )
        ) as discount_codes,
        max(_fivetran_synced) as synced
    from discount_codes
    group by _connection, order_id
),

first_visits as (
    select * from visits
    qualify row_number() over (partition by _connection, order_id order by occurred_at desc, id asc) = 1
),

visit_syncs as (
    select
        _connection,
        order_id,
        max(_fivetran_synced) as synced
    from visits
    group by _connection, order_id
),

final as (
    select
        orders.* except (
            financial_status, fulfillment_status, cancel_reason, referring_site, landing_site, total_shipping_price,
            total_shipping_price_set, _fivetran_synced
        ),
        lower(orders.financial_status) as financial_status,
        case lower(orders.fulfillment_status)
            when 'fulfilled' then 'fulfilled'
            when 'partial' then 'partial'
            when 'partially_fulfilled' then 'partial'
        end as fulfillment_status,
        lower(orders.cancel_reason) as cancel_reason,
        coalesce(orders.referring_site, first_visits.referrer_url) as referring_site,
        coalesce(
            orders.landing_site, regexp_replace(first_visits.landing_page, r'^https?://[^/]+', '')
        ) as landing_site,
        coalesce(
            orders.total_shipping_price,
            safe_cast(json_value(orders.total_shipping_price_set, '$.shop_money.amount') as numeric)
        ) as total_shipping_price,
        coalesce(refunded.amount, paid_back.amount, 0) as total_refunded,
        tags.tags,
        attributes.note_attributes,
        codes.discount_codes,
        greatest(
            orders._fivetran_synced,
            coalesce(refunded.synced, orders._fivetran_synced),
            coalesce(paid_back.synced, orders._fivetran_synced),
            coalesce(tags.synced, orders._fivetran_synced),
            coalesce(attributes.synced, orders._fivetran_synced),
            coalesce(codes.synced, orders._fivetran_synced),
            coalesce(visit_syncs.synced, orders._fivetran_synced)
        ) as _fivetran_synced
    from orders
    left join refunded on orders.id = refunded.order_id and orders._connection = refunded._connection
    left join paid_back on orders.id = paid_back.order_id and orders._connection = paid_back._connection
    left join tags on orders.id = tags.order_id and orders._connection = tags._connection
    left join attributes on orders.id = attributes.order_id and orders._connection = attributes._connection
    left join codes on orders.id = codes.order_id and orders._connection = codes._connection
    left join first_visits on orders.id = first_visits.order_id and orders._connection = first_visits._connection
    left join visit_syncs on orders.id = visit_syncs.order_id and orders._connection = visit_syncs._connection
)

select * from final
