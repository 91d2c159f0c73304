{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'cohort_month', 'data_type': 'date', 'granularity': 'month'},
    partitions=all_partitions('cohort_month'),
    partition_expiration_days=var('gold_retention_days'),
    labels={'layer': 'gold', 'domain': 'customer', 'pii': 'false'},
) }}

{#- No cohort begins earlier. Silver may have ended some days before the window does. #}
{%- set first_day = window_start(var('gold_retention_days') | int + var('silent_days')) %}

with conversions as (
    select
        customer_id,
        date_trunc(transaction_date, month) as activity_month,
        net_revenue
    from {{ ref('unified_transactions') }}
    where
        transaction_date >= {{ first_day }}
        and customer_id is not null
        and net_revenue > 0
        and not is_cancelled
),

first_conversions as (
    select
        customer_id,
        date_trunc(first_conversion_date, month) as cohort_month
    from {{ ref('int_customers__revenue') }}
    where first_conversion_date is not null
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

-- Cohorts older than the retention of gold would expire on arrival.
cohort_members as (
    select
        first_conversions.customer_id,
        first_conversions.cohort_month
    from first_conversions
    cross join as_of
    where
        first_conversions.cohort_month
        >= date_sub(as_of.as_of_date, interval {{ var('gold_retention_days') }} day)
        and first_conversions.cohort_month <= as_of.as_of_date
),

cohorts as (
    select
        cohort_month,
        count(*) as customers
    from cohort_members
    group by cohort_month
),

months as (
    select
        cohorts.cohort_month,
        cohorts.customers,
        activity_month,
        as_of.as_of_date
    from cohorts
    cross join as_of
    cross join unnest(
        generate_date_array(cohorts.cohort_month, as_of.as_of_date, interval 1 month)
    ) as activity_month
),

activity as (
    select
        cohort_members.cohort_month,
        conversions.activity_month,
        count(distinct conversions.customer_id) as retained_customers,
        count(*) as orders,
        sum(conversions.net_revenue) as revenue
    from cohort_members
    inner join conversions on cohort_members.customer_id = conversions.customer_id
    group by cohort_members.cohort_month, conversions.activity_month
),

cumulated as (
    select
        months.cohort_month,
        date_diff(months.activity_month, months.cohort_month, month) as months_since,
        months.activity_month,
        date_add(months.activity_month, interval 1 month) <= months.as_of_date as is_complete,
        months.customers,
        coalesce(activity.retained_customers, 0) as retained_customers,
        coalesce(activity.orders, 0) as orders,
        coalesce(activity.revenue, 0) as revenue,
        sum(coalesce(activity.revenue, 0)) over (
            partition by months.cohort_month
            order by months.activity_month asc
            rows between unbounded preceding and current row
        ) as cumulative_revenue,
        months.as_of_date as calculated_date
    from months
    left join activity
        on months.cohort_month = activity.cohort_month and months.activity_month = activity.activity_month
),

final as (
    select
        cohort_month,
        months_since,
        activity_month,
        is_complete,
        customers,
        retained_customers,
        {{ rate('retained_customers', 'customers') }} as retention_rate,
        orders,
        revenue,
        cumulative_revenue,
        {{ rate('cumulative_revenue', 'customers') }} as cumulative_revenue_per_customer,
        calculated_date
    from cumulated
)

select * from final
