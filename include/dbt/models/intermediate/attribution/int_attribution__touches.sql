{{ config(
    partition_by={'field': 'touchpoint_date', 'data_type': 'date'},
    cluster_by=['person_key'],
) }}

{#- Which months are credited again depends on silver's transactions. #}
-- depends_on: {{ ref('unified_transactions') }}
-- depends_on: {{ ref('int_customers__revenue') }}

{%- set gap_minutes = var('attribution_session_gap_minutes') %}

with touchpoints as (
    select
        *,
        -- Anonymous visitors stay in: their journeys say what does not convert.
        coalesce(customer_id, identity_key) as person_key,
        -- Two platforms may have campaigns of one name.
        concat(coalesce(campaign_platform, ''), ':', coalesce(lower(campaign_name), campaign_id)) as campaign_key
    from {{ ref('unified_touchpoints') }}
    where
        {{ in_months('touchpoint_date', attribution_months(), var('attribution_lookback_days')) }}
        and is_interaction
        and coalesce(customer_id, identity_key) is not null
),

gaps as (
    select
        *,
        timestamp_diff(
            touchpoint_at,
            lag(touchpoint_at) over (
                partition by person_key, channel
                order by touchpoint_at asc, touchpoint_id asc
            ),
            second
        ) as seconds_since_last,
        last_value(campaign_key ignore nulls) over (
            partition by person_key, channel
            order by touchpoint_at asc, touchpoint_id asc
            rows between unbounded preceding and 1 preceding
        ) as former_campaign_key
    from touchpoints
),

-- An ad click, the session it opens and the next one minutes later are one visit, hence one touch. Another campaign
-- is another touch, however soon.
visits as (
    select
        *,
        sum(
            if(
                seconds_since_last <= {{ gap_minutes }} * 60
                and coalesce(campaign_key = former_campaign_key, true),
                0, 1
            )
        ) over (
            partition by person_key, channel
            order by touchpoint_at asc, touchpoint_id asc
        ) as visit_number
    from gaps
),

final as (
    select
        person_key,
        channel,
        array_agg(touchpoint_id order by touchpoint_at asc, touchpoint_id asc limit 1)[safe_offset(0)]
            as touchpoint_id,
        min(touchpoint_at) as touchpoint_at,
        min(touchpoint_date) as touchpoint_date,
        array_agg(touchpoint_type order by touchpoint_at asc, touchpoint_id asc limit 1)[safe_offset(0)]
            as touchpoint_type,
        logical_and(is_direct) as is_direct,
        array_agg(
            campaign_platform
            order by coalesce(campaign_id, campaign_name) is null, touchpoint_at asc, touchpoint_id asc limit 1
        )[safe_offset(0)] as campaign_platform,
        array_agg(
            campaign_id order by campaign_id is null, touchpoint_at asc, touchpoint_id asc limit 1
        )[safe_offset(0)] as campaign_id,
        array_agg(
            campaign_name order by campaign_name is null, touchpoint_at asc, touchpoint_id asc limit 1
        )[safe_offset(0)] as campaign_name
    from visits
    group by person_key, channel, visit_number
)

select * from final
