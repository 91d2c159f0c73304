create table if not exists `{{ project_id }}.{{ bronze_dataset }}.shopify_order_line_items` (
    id int64 not null options (description = 'Shopify line item id.'),
    order_id int64 not null options (description = 'Order id.'),
    product_id int64 options (description = 'Product id; null for a custom line.'),
    variant_id int64 options (description = 'Variant id; null for a custom line.'),
    sku string options (description = 'Stock keeping unit; null if none.'),
    title string options (description = 'Product title.'),
    variant_title string options (description = 'Variant title; null if the product has one variant.'),
    vendor string options (description = 'Vendor.'),
    product_type string options (description = 'Product category.'),
    quantity int64 options (description = 'Pieces ordered.'),
    current_quantity int64 options (description = 'Pieces left after refunds.'),
    price numeric options (description = 'Price per piece in US dollars, before discounts.'),
    total_discount numeric options (description = 'Discount of the line in US dollars.'),
    fulfillment_status string options (description = 'fulfilled or partial; null if not shipped.'),
    gift_card bool options (description = 'True if the line is a gift card.'),
    taxable bool options (description = 'True if tax applies.'),
    properties json options (description = 'Name and value pairs; null if none.'),
    _fivetran_synced timestamp not null options (
        description = 'Time at which Fivetran landed this row, UTC.'
    ),
    _fivetran_deleted bool options (description = 'True if the record was deleted in the source.'),
    _connection string options (
        description = 'Dataset of the connection that delivered the row; null if it was loaded otherwise.'
    )
)
partition by date(_fivetran_synced)
cluster by order_id, product_id
options (
    description = 'Shopify order lines: one row per version of an order line as it changed.',
    partition_expiration_days = {{ bronze_retention_days }},
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('domain', 'commerce'), ('source', 'shopify'), ('pii', 'false')]
);
