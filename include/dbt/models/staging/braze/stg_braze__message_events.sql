{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'event_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['event_type', 'campaign_id'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('braze', 'braze_message_events') }}
    where event_date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', ['event_date', 'id']) }}
),

final as (
    select
        id as message_event_id,
        event_date,
        event_type,
        event_time as event_at,
        external_user_id,
        braze_id,
        channel,
        campaign_id,
        campaign_name,
        canvas_id,
        canvas_name,
        canvas_step_name,
        message_variation_id,
        dispatch_id,
        coalesce(machine_open, false) as is_machine_open,
        _fivetran_synced as synced_at
    from newest
)

select * from final
