{{
    config(
        incremental_strategy='merge',
        unique_key='external_id',
        cluster_by=['external_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('braze', 'braze_users') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'external_id') }}
),

renamed as (
    select
        external_id,
        braze_id,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        first_name,
        last_name,
        country,
        home_city as city,
        language,
        gender,
        dob as birth_date,
        time_zone,
        email_subscribe as email_subscription_state,
        push_subscribe as push_subscription_state,
        email_opted_in_at,
        email_unsubscribed_at,
        array(
            select json_value(device, '$.device_id')
            from unnest(json_query_array(devices)) as device
            where json_value(device, '$.device_id') is not null
            order by 1
        ) as device_ids,
        custom_attributes,
        {{ non_negative('total_revenue') }} as lifetime_revenue,
        {{ non_negative('purchase_count') }} as purchase_count,
        created_at,
        last_active_at,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'external_id') }}
)

select * from final
