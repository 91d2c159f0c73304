{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'hit_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['full_visitor_id'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('ga360', 'ga360_hits') }}
    where date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', ['date', 'full_visitor_id', 'visit_id', 'hit_number']) }}
),

final as (
    select
        concat(full_visitor_id, '.', cast(visit_id as string), '.', cast(hit_number as string)) as hit_id,
        concat(full_visitor_id, '.', cast(visit_id as string)) as session_id,
        date as hit_date,
        full_visitor_id,
        visit_id,
        hit_number,
        hit_time as hit_at,
        type as hit_type,
        coalesce(is_entrance, false) as is_entrance,
        coalesce(is_exit, false) as is_exit,
        page_title,
        page_hostname,
        event_category,
        event_action,
        event_label,
        event_value,
        transaction_id,
        {{ non_negative('transaction_revenue') }} as transaction_revenue,
        ecommerce_action_type,
        _fivetran_synced as synced_at
    from newest
)

select * from final
