{{
    config(
        incremental_strategy='merge',
        unique_key='account_id',
        cluster_by=['account_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('salesforce', 'salesforce_accounts') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        id as account_id,
        name as account_name,
        type as account_type,
        parent_id as parent_account_id,
        owner_id,
        industry,
        {{ non_negative('annual_revenue') }} as annual_revenue,
        {{ non_negative('number_of_employees') }} as employee_count,
        rating,
        phone,
        website,
        billing_street as street,
        billing_city as city,
        billing_state as state,
        billing_postal_code as postcode,
        billing_country as country,
        account_source,
        created_date as created_at,
        last_modified_date as updated_at,
        system_modstamp as system_updated_at,
        {{ deleted('is_deleted') }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'account_id') }}
)

select * from final
