{{ config(
    partition_by={'field': 'transaction_date', 'data_type': 'date'},
    cluster_by=['transaction_id'],
) }}

with touches as (
    select * from {{ ref('int_attribution__touches') }}
),

conversions as (
    select
        transaction_id,
        customer_id,
        transaction_type,
        transaction_at,
        transaction_date,
        channel,
        campaign_platform,
        campaign_id,
        campaign_name,
        net_revenue as revenue
    from {{ ref('unified_transactions') }}
    where
        {{ in_months('transaction_date', attribution_months()) }}
        and net_revenue > 0
        and not is_cancelled
),

touched as (
    select
        conversions.transaction_id,
        touches.touchpoint_id,
        touches.touchpoint_at,
        touches.touchpoint_type,
        touches.channel,
        touches.campaign_platform,
        touches.campaign_id,
        touches.campaign_name,
        touches.is_direct
    from conversions
    inner join touches
        on
            conversions.customer_id = touches.person_key
            and conversions.transaction_at >= touches.touchpoint_at
            and timestamp_sub(
                conversions.transaction_at, interval {{ var('attribution_lookback_days') }} day
            ) <= touches.touchpoint_at
),

-- No revenue is lost: without a touch, what the order or opportunity says of its own origin stands in.
untouched as (
    select
        conversions.transaction_id,
        cast(null as string) as touchpoint_id,
        conversions.transaction_at as touchpoint_at,
        if(conversions.channel = 'Direct', 'unattributed', 'order_landing') as touchpoint_type,
        conversions.channel,
        conversions.campaign_platform,
        conversions.campaign_id,
        conversions.campaign_name,
        conversions.channel = 'Direct' as is_direct
    from conversions
    left join touched on conversions.transaction_id = touched.transaction_id
    where touched.transaction_id is null
),

unioned as (
    select * from touched
    union all
    select * from untouched
),

final as (
    select
        conversions.transaction_id,
        conversions.customer_id,
        conversions.transaction_type,
        conversions.transaction_at,
        conversions.transaction_date,
        date_trunc(conversions.transaction_date, month) as fit_month,
        conversions.revenue,
        unioned.touchpoint_id,
        unioned.touchpoint_at,
        unioned.touchpoint_type,
        unioned.channel,
        unioned.campaign_platform,
        unioned.campaign_id,
        unioned.campaign_name,
        unioned.is_direct,
        unioned.touchpoint_id is null as is_stand_in,
        timestamp_diff(conversions.transaction_at, unioned.touchpoint_at, second) / 86400
            as days_before_conversion,
        row_number() over (
            partition by conversions.transaction_id
            order by unioned.touchpoint_at asc, unioned.touchpoint_id asc
        ) as position,
        count(*) over (partition by conversions.transaction_id) as touch_count
    from conversions
    inner join unioned on conversions.transaction_id = unioned.transaction_id
)

select * from final
