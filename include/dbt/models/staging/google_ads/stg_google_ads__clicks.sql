{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'click_date', 'data_type': 'date'},
        partitions=window_partitions(var('late_arrival_days')),
        cluster_by=['gclid'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('google_ads', 'google_ads_clicks') }}
    where date between {{ window_start(var('late_arrival_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', ['date', 'gclid']) }}
),

final as (
    select
        gclid,
        date as click_date,
        click_timestamp as clicked_at,
        cast(customer_id as string) as ads_account_id,
        cast(campaign_id as string) as campaign_id,
        campaign_name,
        cast(ad_group_id as string) as ad_group_id,
        cast(ad_id as string) as ad_id,
        click_type,
        keyword_match_type,
        device,
        ad_network_type,
        page_number,
        location_country as country,
        location_city as city,
        _fivetran_synced as synced_at
    from newest
)

select * from final
