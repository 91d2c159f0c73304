{{
    config(
        incremental_strategy='merge',
        unique_key='user_pseudo_id',
        cluster_by=['user_pseudo_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('firebase', 'firebase_users') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'user_pseudo_id') }}
),

renamed as (
    select
        user_pseudo_id,
        user_id,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        first_open_time as first_opened_at,
        last_active_time as last_active_at,
        platform,
        device_advertising_id as advertising_id,
        device_mobile_model_name as device_model,
        geo_country as country,
        geo_city as city,
        {{ non_negative('user_ltv_revenue') }} as lifetime_revenue,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'user_pseudo_id') }}
)

select * from final
