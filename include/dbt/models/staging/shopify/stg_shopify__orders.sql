{{
    config(
        incremental_strategy='merge',
        unique_key='order_id',
        cluster_by=['order_id'],
        partition_expiration_days=none,
        on_schema_change='append_new_columns',
    )
}}

with source as (
    select *
    from {{ source('shopify', 'shopify_orders') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as order_id,
        name as order_name,
        order_number,
        cast(customer_id as string) as customer_id,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        cast(user_id as string) as staff_user_id,
        currency,
        {{ non_negative('subtotal_price') }} as subtotal_price,
        {{ non_negative('total_discounts') }} as total_discounts,
        {{ non_negative('total_tax') }} as total_tax,
        {{ non_negative('total_shipping_price') }} as total_shipping,
        {{ non_negative('total_price') }} as total_price,
        coalesce({{ non_negative('total_refunded') }}, 0) as total_refunded,
        financial_status,
        fulfillment_status,
        cancelled_at,
        cancel_reason,
        source_name,
        referring_site,
        landing_site,
        {{ url_parameter('landing_site', 'gclid') }} as gclid,
        {{ url_parameter('landing_site', 'utm_source') }} as utm_source,
        {{ url_parameter('landing_site', 'utm_medium') }} as utm_medium,
        {{ link_campaign(url_parameter('landing_site', 'utm_campaign')) }} as utm_campaign,
        (
            select any_value(json_value(attribute, '$.value'))
            from unnest(json_query_array(note_attributes)) as attribute
            where json_value(attribute, '$.name') = 'ga_client_id'
        ) as ga_client_id,
        discount_codes,
        tags,
        billing_address_first_name as billing_first_name,
        billing_address_last_name as billing_last_name,
        billing_address_address1 as billing_street,
        billing_address_city as billing_city,
        billing_address_province_code as billing_state,
        billing_address_zip as billing_postcode,
        billing_address_country_code as billing_country,
        shipping_address_first_name as shipping_first_name,
        shipping_address_last_name as shipping_last_name,
        shipping_address_address1 as shipping_street,
        shipping_address_city as shipping_city,
        shipping_address_province_code as shipping_state,
        shipping_address_zip as shipping_postcode,
        shipping_address_country_code as shipping_country,
        coalesce(test, false) as is_test,
        created_at,
        processed_at,
        updated_at,
        _connection as connection,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'order_id') }}
)

select * from final
