{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'score_date', 'data_type': 'date'},
    partitions=all_partitions('score_date'),
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['health_category', 'customer_id'],
    labels={'layer': 'gold', 'domain': 'customer', 'pii': 'true'},
) }}

with customers as (
    select * from {{ ref('customer_360') }}
    where is_customer and not {{ objects_to('profiling', 'customer_id') | indent(4) }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
    where not is_deleted
),

actions as (
    select * from {{ ref('scoring_actions') }}
    where score = 'health'
),

health_bands as (
    {{ bands_of('health') | indent(4) }}
),

-- Each component runs from 0 (worst) to 100. Where nothing is known, recency and messages count 50 and support
-- counts 80; engagement and activity count 0, because no visit was seen.
valued as (
    select
        customer_id,
        -- Full marks within the own rhythm (45 days while it is unknown), none after four times as long.
        case
            when days_since_last_order is null then 50
            else least(greatest(
                100 * (4 - days_since_last_order / greatest(coalesce(average_days_between_orders, 45), 14)) / 3, 0
            ), 100)
        end as recency_score,
        least(orders_90d, 3) / 3 * 100 as frequency_score,
        engagement_score,
        case
            when days_since_last_session is null then 0
            else least(greatest(100 * (60 - days_since_last_session) / 53, 0), 100)
        end as activity_score,
        case
            when is_unsubscribed then 0
            when messages_delivered_90d = 0 then 50
            else 30 + 70 * least(coalesce(open_rate_90d, 0) / 0.5, 1)
        end as messaging_score,
        greatest(
            if(tickets_total = 0, 80, 50 + 50 * coalesce(satisfaction_rate, 0.6)) - 25 * open_tickets, 0
        ) as support_score
    from customers
),

weighted as (
    {{ weighted_components('valued', ['customer_id'], 'health', health_components()) | indent(4) }}
),

scored as (
    select
        weighted.customer_id,
        -- Rounded before it is put into a band, so that a score of 70.0 is of that band.
        round(least(sum(weighted.contribution), 100), 1) as health_score,
        array_agg(weighted.component order by weighted.missing asc, weighted.component asc limit 1)[
            safe_offset(0)
        ] as strongest_component,
        array_agg(weighted.component order by weighted.missing desc, weighted.component asc limit 1)[
            safe_offset(0)
        ] as weakest_component,
        array_agg(
            struct(
                weighted.component as component,
                weighted.weight as weight,
                weighted.value as value,
                weighted.contribution as contribution
            )
            order by weighted.contribution desc, weighted.component asc
        ) as components
    from weighted
    group by weighted.customer_id
),

-- Whatever is below 40 asks for its action, the most missed points first.
recommended as (
    select
        weighted.customer_id,
        array_agg(actions.action order by weighted.missing desc, weighted.component asc)
            as recommended_actions
    from weighted
    inner join actions on weighted.component = actions.trigger
    where weighted.value < 40
    group by weighted.customer_id
),

final as (
    select
        customers.customer_id,
        customers.full_name,
        customers.email,
        coalesce(accounts.account_name, customers.company) as account_name,
        accounts.owner_id as account_owner_id,
        scored.health_score,
        {{ band_of('health_bands.bands', 'scored.health_score') | indent(8) }} as health_category,
        customers.churn_risk_score,
        scored.strongest_component,
        scored.weakest_component,
        coalesce(recommended.recommended_actions, cast([] as array<string>)) as recommended_actions,
        scored.components,
        customers.lifecycle_stage,
        customers.total_revenue,
        customers.days_since_last_order,
        customers.is_unsubscribed,
        customers.as_of_date as score_date
    from customers
    inner join scored on customers.customer_id = scored.customer_id
    left join recommended on customers.customer_id = recommended.customer_id
    left join accounts on customers.salesforce_account_id = accounts.account_id
    cross join health_bands
)

select * from final
