{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'calculated_date', 'data_type': 'date'},
    partitions=all_partitions('calculated_date'),
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['value_segment', 'customer_id'],
    labels={'layer': 'gold', 'domain': 'customer', 'pii': 'false'},
) }}

-- Expected value of the next year = purchase rate × average order value × probability to buy again.
-- Each factor is measured and shrunk toward the mean of all customers as long as a customer has little history.

{%- set prior = var('scoring_prior_weight') %}

with customers as (
    select * from {{ ref('customer_360') }}
),

buckets as (
    select * from {{ ref('scoring_survival') }}
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

booked as (
    select
        customer_id,
        transaction_date,
        net_revenue
    from {{ ref('unified_transactions') }}
    where customer_id is not null and net_revenue > 0 and not is_cancelled
),

-- A deal may be closed with a day ahead: it counts from then on.
conversions as (
    select booked.*
    from booked
    cross join as_of
    where booked.transaction_date <= as_of.as_of_date
),

histories as (
    select
        conversions.customer_id,
        as_of.as_of_date,
        min(conversions.transaction_date) as first_order_date,
        max(conversions.transaction_date) as last_order_date,
        count(*) as conversion_count,
        sum(conversions.net_revenue) as historic_value,
        greatest(date_diff(as_of.as_of_date, max(conversions.transaction_date), day), 0) as days_since_last_order,
        -- At least a month, or everybody who bought once yesterday would buy daily.
        greatest(date_diff(as_of.as_of_date, min(conversions.transaction_date), day), 30) as days_observed
    from conversions
    cross join as_of
    group by conversions.customer_id, as_of.as_of_date
),

means as (
    select
        safe_divide(sum(conversion_count), sum(days_observed)) * 365.25 as mean_rate,
        safe_divide(cast(sum(historic_value) as float64), sum(conversion_count)) as mean_order_value
    from histories
),

-- How customers stood a year and half a year ago by recency, and whether they bought within the half year after:
-- what was seen counts with scoring_prior_weight customers of the prior.
past_days as (
    select
        conversions.customer_id,
        date_sub(as_of.as_of_date, interval days_ago day) as past_date,
        max(
            if(
                conversions.transaction_date <= date_sub(as_of.as_of_date, interval days_ago day),
                conversions.transaction_date, null
            )
        ) as last_order_date,
        logical_or(
            conversions.transaction_date > date_sub(as_of.as_of_date, interval days_ago day)
            and conversions.transaction_date <= date_add(
                date_sub(as_of.as_of_date, interval days_ago day), interval 180 day
            )
        ) as bought_again
    from conversions
    cross join as_of
    cross join unnest([180, 365]) as days_ago
    group by conversions.customer_id, past_date
),

past_buckets as (
    select
        buckets.recency_bucket,
        past_days.customer_id,
        past_days.bought_again
    from past_days
    inner join buckets
        on
            date_diff(past_days.past_date, past_days.last_order_date, day) >= buckets.from_days
            and date_diff(past_days.past_date, past_days.last_order_date, day) <= buckets.to_days
),

survival as (
    select
        buckets.recency_bucket,
        buckets.from_days,
        buckets.to_days,
        (countif(past_buckets.bought_again) + {{ prior }} * any_value(buckets.prior_probability))
        / (count(past_buckets.customer_id) + {{ prior }}) as survival_probability
    from buckets
    left join past_buckets on buckets.recency_bucket = past_buckets.recency_bucket
    group by buckets.recency_bucket, buckets.from_days, buckets.to_days
),

rated as (
    select
        histories.*,
        (cast(histories.historic_value as float64) + means.mean_order_value) / (histories.conversion_count + 1)
            as expected_order_value,
        (histories.conversion_count + means.mean_rate * 0.5) / (histories.days_observed / 365.25 + 0.5)
            as purchase_rate_per_year,
        survival.recency_bucket,
        survival.survival_probability
    from histories
    cross join means
    inner join survival
        on
            histories.days_since_last_order >= survival.from_days
            and histories.days_since_last_order <= survival.to_days
),

valued as (
    select
        *,
        cast(round(purchase_rate_per_year * expected_order_value * survival_probability, 2) as numeric)
            as expected_value_365d
    from rated
),

ranked as (
    select
        *,
        historic_value + expected_value_365d as lifetime_value,
        percent_rank() over (order by historic_value + expected_value_365d) as value_percentile
    from valued
),

final as (
    select
        ranked.customer_id,
        coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
        ranked.first_order_date,
        ranked.last_order_date,
        ranked.conversion_count,
        ranked.historic_value,
        cast(round(ranked.expected_order_value, 2) as numeric) as expected_order_value,
        ranked.purchase_rate_per_year,
        ranked.recency_bucket,
        ranked.survival_probability,
        ranked.expected_value_365d,
        ranked.lifetime_value,
        ranked.value_percentile,
        case
            when ranked.value_percentile >= 0.9 then 'top'
            when ranked.value_percentile >= 0.7 then 'high'
            when ranked.value_percentile >= 0.4 then 'medium'
            else 'low'
        end as value_segment,
        ranked.as_of_date as calculated_date
    from ranked
    inner join customers on ranked.customer_id = customers.customer_id
)

select * from final
