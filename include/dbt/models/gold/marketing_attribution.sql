{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'transaction_date', 'data_type': 'date'},
    partitions=['{{ month_partitions(attribution_months()) }}'],
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['first_touch_channel', 'last_touch_channel', 'customer_id'],
    labels={'layer': 'gold', 'domain': 'marketing', 'pii': 'false'},
) }}

{%- set credit_models = attribution_models() %}

with journeys as (
    select * from {{ ref('int_attribution__journeys') }}
),

markov as (
    select * from {{ ref('int_attribution__markov') }}
),

shapley as (
    select * from {{ ref('int_attribution__shapley') }}
),

first_conversions as (
    select
        customer_id,
        first_conversion_id as first_transaction_id
    from {{ ref('int_customers__revenue') }}
    where first_conversion_id is not null
),

positions as (
    select
        *,
        count(*) over (partition by transaction_id, channel) as channel_touches,
        coalesce(
            max(if(not is_direct, position, null)) over (partition by transaction_id),
            touch_count
        ) as last_non_direct_position
    from journeys
),

-- Weights of any scale; a channel's weight is shared by its touches.
weighted as (
    select
        positions.*,
        cast(positions.position = 1 as int64) as first_touch_weight,
        cast(positions.position = positions.touch_count as int64) as last_touch_weight,
        cast(positions.position = positions.last_non_direct_position as int64) as last_non_direct_weight,
        1 as linear_weight,
        pow(0.5, positions.days_before_conversion / {{ var('attribution_half_life_days') }})
            as time_decay_weight,
        case
            when positions.touch_count <= 2 then 1
            when positions.position in (1, positions.touch_count) then 0.4
            else 0.2 / (positions.touch_count - 2)
        end as position_based_weight,
        greatest(coalesce(markov.removal_effect, 0), 0) / positions.channel_touches as markov_weight,
        -- A channel that lowers the conversion rate earns nothing; credit is never negative.
        greatest(coalesce(shapley.shapley_value, 0), 0) / positions.channel_touches as shapley_weight
    from positions
    left join markov on positions.fit_month = markov.fit_month and positions.channel = markov.channel
    left join shapley on positions.fit_month = shapley.fit_month and positions.channel = shapley.channel
),

-- Where no channel of a journey has a weight, its touches share alike. Rounded, since the last digits of a sum of
-- floats depend on its order and a rerun must give the same rows.
credited as (
    select
        {%- for model in credit_models %}
        round(coalesce(
            safe_divide({{ model }}_weight, sum({{ model }}_weight) over (partition by transaction_id)),
            1 / touch_count
        ), 12) as {{ model }}_credit,
        {%- endfor %}
        weighted.*
    from weighted
),

cumulated as (
    select
        {%- for model in credit_models %}
        if(
            position = touch_count,
            1.0,
            least(
                sum({{ model }}_credit) over (
                    partition by transaction_id
                    order by position asc
                    rows between unbounded preceding and current row
                ),
                1.0
            )
        ) as {{ model }}_cumulated,
        {%- endfor %}
        credited.*
    from credited
),

-- Cents are cut where the cumulated credit falls and the last touch closes the sum, so that each model gives
-- away exactly the revenue of the conversion.
booked as (
    select
        {%- for model in credit_models %}
        if(
            {{ model }}_cumulated > 1 - 1e-9,
            revenue,
            cast(round(cast(revenue as float64) * {{ model }}_cumulated, 2) as numeric)
        ) as {{ model }}_booked,
        {%- endfor %}
        cumulated.*
    from cumulated
),

shared as (
    select
        {%- for model in credit_models %}
        {{ model }}_booked - coalesce(
            lag({{ model }}_booked) over (partition by transaction_id order by position asc), 0
        ) as {{ model }}_revenue,
        {%- endfor %}
        booked.*
    from booked
),

conversions as (
    select
        transaction_id,
        customer_id,
        transaction_type,
        transaction_at,
        transaction_date,
        revenue,
        touch_count,
        logical_or(is_stand_in) as is_unattributed,
        count(distinct channel) as channel_count,
        string_agg(channel, ' > ' order by position asc) as journey_path,
        max(days_before_conversion) as journey_days,
        max(if(position = 1, channel, null)) as first_touch_channel,
        max(if(position = 1, campaign_name, null)) as first_touch_campaign,
        min(touchpoint_at) as first_touch_at,
        max(if(position = touch_count, channel, null)) as last_touch_channel,
        max(if(position = touch_count, campaign_name, null)) as last_touch_campaign,
        max(touchpoint_at) as last_touch_at,
        max(if(position = last_non_direct_position, channel, null)) as last_non_direct_channel,
        max(if(position = last_non_direct_position, campaign_name, null)) as last_non_direct_campaign,
        max(if(position = 1, first_touch_revenue, null)) as first_touch_revenue,
        max(if(position = touch_count, last_touch_revenue, null)) as last_touch_revenue,
        max(if(position = last_non_direct_position, last_non_direct_revenue, null)) as last_non_direct_revenue,
        {%- for model in credit_models[3:] %}
        max(if(position = 1, {{ model }}_revenue, null)) as first_touch_{{ model }}_revenue,
        {%- endfor %}
        array_agg(
            struct(
                position as position,
                touchpoint_id as touchpoint_id,
                touchpoint_at as touchpoint_at,
                touchpoint_type as touchpoint_type,
                channel as channel,
                campaign_platform as campaign_platform,
                campaign_id as campaign_id,
                campaign_name as campaign_name,
                is_direct as is_direct,
                days_before_conversion as days_before_conversion,
                {%- for model in credit_models %}
                cast({{ model }}_credit as float64) as {{ model }}_credit,
                {%- endfor %}
                {%- for model in credit_models %}
                {{ model }}_revenue as {{ model }}_revenue{{ ',' if not loop.last }}
                {%- endfor %}
            )
            order by position asc
        ) as touchpoints
    from shared
    group by
        transaction_id, customer_id, transaction_type, transaction_at, transaction_date, revenue, touch_count
),

final as (
    select
        conversions.transaction_id,
        conversions.customer_id,
        conversions.transaction_type,
        conversions.transaction_at,
        conversions.transaction_date,
        coalesce(first_conversions.first_transaction_id = conversions.transaction_id, true)
            as is_first_conversion,
        conversions.revenue,
        conversions.first_touch_channel,
        conversions.first_touch_campaign,
        conversions.first_touch_at,
        conversions.last_touch_channel,
        conversions.last_touch_campaign,
        conversions.last_touch_at,
        conversions.last_non_direct_channel,
        conversions.last_non_direct_campaign,
        conversions.first_touch_revenue,
        conversions.last_touch_revenue,
        conversions.last_non_direct_revenue,
        {%- for model in credit_models[3:] %}
        conversions.first_touch_{{ model }}_revenue,
        {%- endfor %}
        conversions.touch_count,
        conversions.channel_count,
        conversions.journey_days,
        conversions.journey_path,
        conversions.is_unattributed,
        conversions.touchpoints
    from conversions
    left join first_conversions on conversions.customer_id = first_conversions.customer_id
)

select * from final
