{{
    config(
        incremental_strategy='merge',
        unique_key='order_line_item_id',
        cluster_by=['order_line_item_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('shopify', 'shopify_order_line_items') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as order_line_item_id,
        cast(order_id as string) as order_id,
        cast(product_id as string) as product_id,
        cast(variant_id as string) as variant_id,
        sku,
        title as product_title,
        variant_title,
        vendor,
        product_type,
        {{ non_negative('quantity') }} as quantity,
        {{ non_negative('current_quantity') }} as current_quantity,
        {{ non_negative('price') }} as unit_price,
        {{ non_negative('total_discount') }} as total_discount,
        fulfillment_status,
        coalesce(gift_card, false) as is_gift_card,
        coalesce(taxable, false) as is_taxable,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'order_line_item_id') }}
)

select * from final
