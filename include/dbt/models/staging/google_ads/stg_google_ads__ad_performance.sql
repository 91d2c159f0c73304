{{
    config(
        incremental_strategy='insert_overwrite',
        partition_by={'field': 'performance_date', 'data_type': 'date'},
        partitions=window_partitions(var('conversion_window_days')),
        cluster_by=['campaign_id'],
        partition_expiration_days=var('silver_retention_days'),
    )
}}

with source as (
    select *
    from {{ source('google_ads', 'google_ads_ad_performance') }}
    where date between {{ window_start(var('conversion_window_days')) }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', [
        'date', 'customer_id', 'campaign_id', 'ad_group_id', 'ad_id', 'device', "coalesce(ad_network_type, '')",
    ]) }}
),

final as (
    select
        concat(
            cast(customer_id as string), '.', cast(campaign_id as string), '.',
            cast(ad_group_id as string), '.', cast(ad_id as string), '.', device, '.', coalesce(ad_network_type, '')
        ) as performance_id,
        date as performance_date,
        cast(customer_id as string) as ads_account_id,
        cast(campaign_id as string) as campaign_id,
        campaign_name,
        cast(ad_group_id as string) as ad_group_id,
        ad_group_name,
        cast(ad_id as string) as ad_id,
        ad_type,
        ad_network_type,
        device,
        {{ non_negative('impressions') }} as impressions,
        {{ non_negative('clicks') }} as clicks,
        {{ non_negative('interactions') }} as interactions,
        cast({{ non_negative('cost_micros') }} as numeric) / 1000000 as spend,
        {{ non_negative('conversions') }} as conversions,
        {{ non_negative('conversions_value') }} as conversion_value,
        {{ non_negative('view_through_conversions') }} as view_through_conversions,
        _fivetran_synced as synced_at
    from newest
)

select * from final
