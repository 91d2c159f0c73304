{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'calculated_date', 'data_type': 'date'},
    partitions=all_partitions('calculated_date'),
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['value_segment', 'customer_id'],
    labels={'layer': 'gold', 'domain': 'customer', 'pii': 'false'},
) }}

-- Expected value of the next year = expected conversions × expected order value.
-- Conversions follow from the rate of those after the first (the first made the customer: it is no rate), and from how
-- often the customer comes now, by Poisson regression. The order value is shrunk toward the mean of customers of the
-- kind, with or without deals, as long as a customer has little history.

{%- set fitted = var('scoring_value') %}

with customers as (
    select * from {{ ref('customer_360') }}
    where not {{ objects_to('profiling', 'customer_id') | indent(4) }}
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

booked as (
    select
        customer_id,
        transaction_date,
        transaction_type,
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
        logical_or(conversions.transaction_type = 'opportunity') as has_deals,
        date_diff(as_of.as_of_date, min(conversions.transaction_date), day) / 365.25 as years_observed
    from conversions
    cross join as_of
    group by conversions.customer_id, as_of.as_of_date
),

means as (
    select
        has_deals,
        safe_divide(cast(sum(historic_value) as float64), sum(conversion_count)) as mean_order_value
    from histories
    group by has_deals
),

rated as (
    select
        histories.*,
        coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
        (cast(histories.historic_value as float64) + {{ fitted.prior_values }} * means.mean_order_value)
        / (histories.conversion_count + {{ fitted.prior_values }}) as expected_order_value,
        (histories.conversion_count - 1 + {{ fitted.prior_orders }})
        / (histories.years_observed + {{ fitted.prior_years }}) as purchase_rate_per_year,
        customers.sessions_90d,
        customers.orders_90d
    from histories
    inner join means on histories.has_deals = means.has_deals
    inner join customers on histories.customer_id = customers.customer_id
),

expected as (
    select
        *,
        {{ fitted.constant }}
        * pow(purchase_rate_per_year, {{ fitted.purchase_rate }})
        * pow(1 + sessions_90d, {{ fitted.visits }})
        * pow(1 + orders_90d, {{ fitted.orders }}) as expected_conversions_365d
    from rated
),

valued as (
    select
        *,
        cast(round(expected_conversions_365d * expected_order_value, 2) as numeric) as expected_value_365d
    from expected
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
        ranked.acquisition_channel,
        ranked.first_order_date,
        ranked.last_order_date,
        ranked.conversion_count,
        ranked.historic_value,
        cast(round(ranked.expected_order_value, 2) as numeric) as expected_order_value,
        round(ranked.purchase_rate_per_year, 4) as purchase_rate_per_year,
        round(ranked.expected_conversions_365d, 4) as expected_conversions_365d,
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
)

select * from final
