{{
    config(
        incremental_strategy='merge',
        unique_key='campaign_id',
        cluster_by=['campaign_id'],
        partition_expiration_days=none,
    )
}}

with source as (
    select *
    from {{ source('braze', 'braze_campaigns') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        id as campaign_id,
        name as campaign_name,
        description,
        channels,
        message_type,
        schedule_type,
        coalesce(is_archived, false) as is_archived,
        coalesce(is_draft, false) as is_draft,
        tags,
        first_sent as first_sent_at,
        last_sent as last_sent_at,
        created_at,
        updated_at,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'campaign_id') }}
)

select * from final
