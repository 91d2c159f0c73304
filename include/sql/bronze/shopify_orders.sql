create table if not exists `{{ project_id }}.{{ bronze_dataset }}.shopify_orders` (
    id int64 not null options (description = 'Shopify order id.'),
    name string options (description = 'Order number as shown, such as #1001.'),
    order_number int64 options (description = 'Order number.'),
    customer_id int64 options (description = 'Customer id; null for a guest checkout.'),
    email string options (description = 'E-mail given at checkout; null if only a phone was given.'),
    phone string options (description = 'Phone given at checkout; null if unknown.'),
    user_id int64 options (description = 'Staff member who entered it; null for the web shop.'),
    currency string options (description = 'Currency, ISO 4217; USD here.'),
    subtotal_price numeric options (
        description = 'Lines after discounts, before tax and shipping, in US dollars.'
    ),
    total_discounts numeric options (description = 'Discounts in US dollars.'),
    total_tax numeric options (description = 'Tax in US dollars.'),
    total_shipping_price numeric options (description = 'Shipping in US dollars.'),
    total_price numeric options (description = 'Paid in US dollars: subtotal, tax and shipping.'),
    total_refunded numeric options (description = 'Refunded so far in US dollars; 0 if none.'),
    financial_status string options (description = 'paid, pending, partially_refunded, refunded or voided.'),
    fulfillment_status string options (description = 'fulfilled or partial; null if not shipped.'),
    cancelled_at timestamp options (description = 'Time of cancellation, UTC; null if not cancelled.'),
    cancel_reason string options (
        description = 'customer, fraud, inventory, declined or other; null if not cancelled.'
    ),
    source_name string options (description = 'web, pos, mobile_app or shopify_draft_order.'),
    referring_site string options (description = 'URL of the referring site; null if none.'),
    landing_site string options (
        description = 'Path and query of the landing page with utm and gclid; null if none.'
    ),
    client_ip string options (description = 'IP address of the buyer; null if not web.'),
    cart_token string options (description = 'Token of the cart; null if not web.'),
    discount_codes json options (description = 'List of code, amount (US dollars) and type; null if none.'),
    note_attributes json options (description = 'Name and value pairs, such as ga_client_id; null if none.'),
    tags string options (description = 'Tags, separated by commas; null if none.'),
    billing_address_first_name string options (
        description = 'First name of the billing address; null if none.'
    ),
    billing_address_last_name string options (
        description = 'Last name of the billing address; null if none.'
    ),
    billing_address_address1 string options (description = 'Billing street and number; null if none.'),
    billing_address_city string options (description = 'Billing city; null if none.'),
    billing_address_province_code string options (
        description = 'Billing state or province code; null if none.'
    ),
    billing_address_zip string options (description = 'Billing postal code; null if none.'),
    billing_address_country_code string options (description = 'Billing country code; null if none.'),
    shipping_address_first_name string options (
        description = 'First name of the shipping address; null if none.'
    ),
    shipping_address_last_name string options (
        description = 'Last name of the shipping address; null if none.'
    ),
    shipping_address_address1 string options (description = 'Shipping street and number; null if none.'),
    shipping_address_city string options (description = 'Shipping city; null if none.'),
    shipping_address_province_code string options (
        description = 'Shipping state or province code; null if none.'
    ),
    shipping_address_zip string options (description = 'Shipping postal code; null if none.'),
    shipping_address_country_code string options (description = 'Shipping country code; null if none.'),
    test bool options (description = 'True for a test order: leave out of revenue.'),
    created_at timestamp options (description = 'Time of the order, UTC.'),
    processed_at timestamp options (description = 'Time of payment, UTC.'),
    updated_at timestamp options (description = 'Time of the last change, UTC.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by id, customer_id
options (
    description = 'Shopify orders: one row per version of an order as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'commerce'), ('source', 'shopify'), ('pii', 'true')]
);
