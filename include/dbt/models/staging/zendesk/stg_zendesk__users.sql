{{
    config(
        incremental_strategy='merge',
        unique_key='user_id',
        cluster_by=['user_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('zendesk', 'zendesk_users') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as user_id,
        name as full_name,
        {{ clean_email('email') }} as email,
        email is not null and {{ clean_email('email') }} is null as is_email_invalid,
        phone,
        role,
        cast(organization_id as string) as organization_id,
        external_id,
        locale,
        time_zone,
        coalesce(verified, false) as is_verified,
        coalesce(suspended, false) as is_suspended,
        coalesce(shared_phone_number, false) as is_shared_phone,
        tags,
        created_at,
        updated_at,
        last_login_at,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'user_id') }}
)

select * from final
