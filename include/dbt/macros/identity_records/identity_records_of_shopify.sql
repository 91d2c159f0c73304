{% macro identity_records_of_shopify() -%}
-- The browser of an order is in its note, if the shop kept it, and in the web analytics' transaction.
transactions as (
    select distinct
        transaction_id as order_name,
        full_visitor_id,
        hit_date
    from hits
    where transaction_id is not null
),

order_browsers as (
    select
        order_id,
        ga_client_id as device_id
    from orders
    where ga_client_id is not null
    union distinct
    select
        orders.order_id,
        transactions.full_visitor_id as device_id
    from orders
    inner join transactions on orders.order_name = transactions.order_name
    {%- if is_incremental() %}
    union distinct
    select
        orders.order_id,
        device_id
    from orders
    inner join known_records
        on
            known_records.identity_key = coalesce(
                {{ identity_key('shopify', 'customer', 'orders.customer_id') }},
                {{ identity_key('shopify', 'order', 'orders.order_id') }}
            )
    cross join unnest(known_records.device_ids) as device_id
    where date(orders.created_at) <= {{ recent_start() }}
    {%- endif %}
),

-- A new order shows which browser and which ad click belong to its customer.
changed_orders as (
    select
        order_id,
        customer_id
    from orders
    where {{ changed_in_window() }}
    union distinct
    select
        orders.order_id,
        orders.customer_id
    from orders
    inner join transactions on orders.order_name = transactions.order_name
    where {{ changed_in_window('transactions.hit_date', var('late_arrival_days')) }}
),

changed_customers as (
    select customer_id
    from customers
    where {{ changed_in_window() }}
    union distinct
    select customer_id
    from changed_orders
    where customer_id is not null
),

customer_orders as (
    select
        orders.customer_id,
        array_agg(distinct order_browsers.device_id ignore nulls order by order_browsers.device_id) as device_ids,
        array_agg(distinct orders.gclid ignore nulls order by orders.gclid) as gclids,
        max(date(orders.created_at)) as last_order_date
    from orders
    inner join changed_customers on orders.customer_id = changed_customers.customer_id
    left join order_browsers on orders.order_id = order_browsers.order_id
    where not orders.is_deleted
    group by orders.customer_id
),

customer_records as (
    select
        {{ identity_record('shopify:customer', 'customers.customer_id', {
            'first_name': 'coalesce(customers.first_name, customers.address_first_name)',
            'last_name': 'coalesce(customers.last_name, customers.address_last_name)',
            'email': 'customers.email',
            'phone': 'coalesce(customers.phone, customers.address_phone)',
            'company': 'customers.company',
            'street': 'customers.street',
            'city': 'customers.city',
            'state': 'customers.state',
            'postcode': 'customers.postcode',
            'country': 'customers.country',
            'user_id': 'customers.customer_id',
            'device_ids': 'coalesce(customer_orders.device_ids, [])',
            'gclids': 'coalesce(customer_orders.gclids, [])',
            'created_at': 'customers.created_at',
            'updated_at': 'customers.updated_at',
            'first_seen_date': 'date(customers.created_at)',
            'last_seen_date': later_of('date(customers.updated_at)', 'customer_orders.last_order_date'),
            'is_deleted': 'customers.is_deleted',
        }) }}
    from customers
    inner join changed_customers on customers.customer_id = changed_customers.customer_id
    left join customer_orders on customers.customer_id = customer_orders.customer_id
),

browsers_by_order as (
    select
        order_id,
        array_agg(device_id order by device_id) as device_ids
    from order_browsers
    group by order_id
),

-- A guest checkout has no customer record: the order itself is all that is known of the buyer.
guest_orders as (
    select
        orders.*,
        coalesce(browsers_by_order.device_ids, []) as device_ids
    from orders
    left join browsers_by_order on orders.order_id = browsers_by_order.order_id
    where
        orders.customer_id is null
        and orders.order_id in (select changed_orders.order_id from changed_orders)
),

guest_records as (
    select
        {{ identity_record('shopify:order', 'order_id', {
            'first_name': 'coalesce(billing_first_name, shipping_first_name)',
            'last_name': 'coalesce(billing_last_name, shipping_last_name)',
            'email': 'email',
            'phone': 'phone',
            'street': 'coalesce(billing_street, shipping_street)',
            'city': 'coalesce(billing_city, shipping_city)',
            'state': 'coalesce(billing_state, shipping_state)',
            'postcode': 'coalesce(billing_postcode, shipping_postcode)',
            'country': 'coalesce(billing_country, shipping_country)',
            'device_ids': 'device_ids',
            'gclids': array_of(['gclid']),
            'created_at': 'created_at',
            'updated_at': 'updated_at',
            'first_seen_date': 'date(created_at)',
            'last_seen_date': 'date(created_at)',
            'is_deleted': 'is_deleted or is_test',
        }) }}
    from guest_orders
)
{%- endmacro %}
