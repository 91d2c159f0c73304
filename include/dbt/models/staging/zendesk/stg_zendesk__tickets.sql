{{
    config(
        incremental_strategy='merge',
        unique_key='ticket_id',
        cluster_by=['ticket_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('zendesk', 'zendesk_tickets') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as ticket_id,
        type as ticket_type,
        status as ticket_status,
        priority,
        cast(requester_id as string) as requester_id,
        cast(submitter_id as string) as submitter_id,
        cast(assignee_id as string) as assignee_id,
        cast(group_id as string) as group_id,
        cast(organization_id as string) as organization_id,
        via_channel as channel,
        tags,
        json_value(custom_fields, '$.order_id') as order_id,
        satisfaction_rating_score as satisfaction_score,
        {{ non_negative('reply_time_in_minutes') }} as first_reply_minutes,
        {{ non_negative('first_resolution_time_in_minutes') }} as first_resolution_minutes,
        {{ non_negative('full_resolution_time_in_minutes') }} as full_resolution_minutes,
        {{ non_negative('reopens') }} as reopen_count,
        {{ non_negative('replies') }} as reply_count,
        created_at,
        updated_at,
        solved_at,
        -- A ticket that was merged into another is the same request twice.
        coalesce(status = 'deleted', false)
        or coalesce('closed_by_merge' in unnest(json_value_array(tags)), false)
        or {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'ticket_id') }}
)

select * from final
