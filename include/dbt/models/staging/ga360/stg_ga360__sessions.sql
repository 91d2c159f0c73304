{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'session_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['full_visitor_id'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('ga360', 'ga360_sessions') }}
    where date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', ['date', 'full_visitor_id', 'visit_id']) }}
),

final as (
    select
        concat(full_visitor_id, '.', cast(visit_id as string)) as session_id,
        date as session_date,
        full_visitor_id,
        visit_id,
        visit_number,
        client_id,
        user_id,
        visit_start_time as started_at,
        channel_grouping,
        traffic_source_source as traffic_source,
        traffic_source_medium as traffic_medium,
        {{ link_campaign(url_decoded('traffic_source_campaign')) }} as campaign,
        traffic_source_ad_content as ad_content,
        traffic_source_gclid as gclid,
        {{ link_campaign('traffic_source_campaign_id') }} as google_ads_campaign_id,
        coalesce(traffic_source_is_true_direct, false) as is_true_direct,
        device_category,
        device_browser as browser,
        device_operating_system as operating_system,
        coalesce(device_is_mobile, false) as is_mobile,
        device_language,
        geo_network_country as country,
        nullif(geo_network_region, '(not set)') as region,
        nullif(geo_network_city, '(not set)') as city,
        landing_page_path,
        exit_page_path,
        coalesce(totals_visits = 1, false) as is_interaction,
        {{ non_negative('totals_hits') }} as hit_count,
        coalesce({{ non_negative('totals_pageviews') }}, 0) as pageview_count,
        {{ non_negative('totals_time_on_site') }} as duration_seconds,
        coalesce(totals_bounces = 1, false) as is_bounce,
        coalesce(totals_new_visits = 1, false) as is_new_visitor,
        coalesce({{ non_negative('totals_transactions') }}, 0) as transaction_count,
        coalesce({{ non_negative('totals_transaction_revenue') }}, 0) as transaction_revenue,
        _fivetran_synced as synced_at
    from newest
)

select * from final
