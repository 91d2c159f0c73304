{{
    config(
        incremental_strategy='merge',
        unique_key='customer_id',
        cluster_by=['customer_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('shopify', 'shopify_customers') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as customer_id,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        first_name,
        last_name,
        state as account_state,
        coalesce(verified_email, false) as is_email_verified,
        email_marketing_consent_state as email_consent_state,
        sms_marketing_consent_state as sms_consent_state,
        {{ non_negative('orders_count') }} as order_count,
        {{ non_negative('total_spent') }} as total_spent,
        currency,
        default_address_first_name as address_first_name,
        default_address_last_name as address_last_name,
        default_address_company as company,
        default_address_address1 as street,
        default_address_city as city,
        default_address_province_code as state,
        default_address_zip as postcode,
        default_address_country_code as country,
        default_address_phone as address_phone,
        created_at,
        updated_at,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'customer_id') }}
)

select * from final
