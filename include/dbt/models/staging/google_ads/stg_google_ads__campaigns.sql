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
    from {{ source('google_ads', 'google_ads_campaigns') }}
    where date(_fivetran_synced) between {{ window_start() }} and {{ window_end() }}
),

newest as (
    {{ newest_version('source', 'id') }}
),

renamed as (
    select
        cast(id as string) as campaign_id,
        cast(customer_id as string) as ads_account_id,
        name as campaign_name,
        status as campaign_status,
        advertising_channel_type as channel_type,
        bidding_strategy_type,
        cast(campaign_budget_id as string) as budget_id,
        cast({{ non_negative('campaign_budget_amount_micros') }} as numeric) / 1000000 as daily_budget,
        start_date,
        end_date,
        labels,
        {{ deleted() }} as is_deleted,
        _fivetran_synced as synced_at
    from newest
),

final as (
    {{ unless_stored_is_newer('renamed', 'campaign_id') }}
)

select * from final
