{{
    config(
        incremental_strategy='merge',
        unique_key='satisfaction_rating_id',
        cluster_by=['satisfaction_rating_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('zendesk', 'zendesk_satisfaction_ratings') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as satisfaction_rating_id,
        cast(ticket_id as string) as ticket_id,
        cast(requester_id as string) as requester_id,
        cast(assignee_id as string) as assignee_id,
        cast(group_id as string) as group_id,
        score,
        comment,
        reason,
        created_at,
        updated_at,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'satisfaction_rating_id') }}
)

select * from final
