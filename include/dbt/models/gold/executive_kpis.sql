{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'kpi_date', 'data_type': 'date'},
    partitions=['{{ kpi_partitions() }}'],
    partition_expiration_days=var('gold_retention_days'),
    labels={'layer': 'gold', 'domain': 'executive', 'pii': 'false'},
) }}

{%- set churn_days = var('churned_after_days').order | int %}
{%- set built = kpi_days() %}
{%- set first_day = "date '" ~ built.first ~ "'" %}
{%- set last_day = "date '" ~ built.last ~ "'" %}
{#- The longest trend compares 28 days with the 28 days before. #}
{%- set first_read = day_before(built.first, 56) %}
{#- Who churns on the first of these days, or had bought before the 28 days in front of it, bought so long before. #}
{%- set first_conversion = day_before(built.first, 56 + churn_days) %}

with days as (
    select day
    from unnest(generate_date_array({{ first_read }}, {{ last_day }})) as day
),

first_conversions as (
    select
        customer_id,
        first_conversion_id,
        first_conversion_date
    from {{ ref('int_customers__revenue') }}
),

transactions as (
    select *
    from {{ ref('unified_transactions') }}
    where
        transaction_date between {{ first_conversion }} and {{ last_day }}
        and not is_cancelled
),

-- Who is not resolved has bought once.
conversions as (
    select
        coalesce(transactions.customer_id, transactions.transaction_id) as buyer,
        transactions.customer_id,
        transactions.transaction_date,
        transactions.transaction_type,
        transactions.net_revenue,
        coalesce(first_conversions.first_conversion_id, transactions.transaction_id) = transactions.transaction_id
            as is_first,
        coalesce(first_conversions.first_conversion_date, transactions.transaction_date) as first_date,
        lead(transactions.transaction_date) over (
            partition by coalesce(transactions.customer_id, transactions.transaction_id)
            order by transactions.transaction_at asc, transactions.transaction_id asc
        ) as next_date
    from transactions
    left join first_conversions on transactions.customer_id = first_conversions.customer_id
    where transactions.net_revenue > 0
),

-- Credits and deals without an amount are booked too; only revenue converts.
booked as (
    select
        transaction_date as day,
        sum(net_revenue) as revenue,
        countif(transaction_type = 'opportunity') as opportunities_won
    from transactions
    group by day
),

sales as (
    select
        transaction_date as day,
        count(*) as orders,
        countif(is_first) as new_customers,
        count(distinct if(transaction_date > first_date, buyer, null)) as returning_customers
    from conversions
    group by day
),

churned as (
    select
        date_add(transaction_date, interval {{ churn_days }} day) as day,
        count(*) as lapsed_customers
    from conversions
    where
        customer_id is not null
        and (next_date is null or next_date > date_add(transaction_date, interval {{ churn_days }} day))
    group by day
),

-- Customers who had bought within the churn period before the 28 days began.
churn_bases as (
    select
        days.day,
        count(distinct conversions.customer_id) as customers
    from days
    inner join conversions
        on
            conversions.transaction_date <= date_sub(days.day, interval 28 day)
            and conversions.transaction_date > date_sub(days.day, interval {{ 28 + churn_days }} day)
    where days.day >= {{ first_day }}
    group by days.day
),

media as (
    select
        performance_date as day,
        sum(spend) as spend,
        sum(unsubscribes) as unsubscribes
    from {{ ref('unified_ad_performance') }}
    where performance_date between {{ first_read }} and {{ last_day }}
    group by day
),

sessions as (
    select
        session_date as day,
        customer_id
    from {{ ref('unified_sessions') }}
    where session_date between {{ first_read }} and {{ last_day }}
),

visits as (
    select
        day,
        count(*) as sessions,
        count(distinct customer_id) as visiting_people_1d
    from sessions
    group by day
),

visit_days as (
    select
        customer_id,
        day,
        lead(day) over (partition by customer_id order by day asc) as next_day
    from sessions
    where customer_id is not null
    group by customer_id, day
),

-- A visit makes its person active for 28 days or until the next visit does.
active as (
    select
        active_day as day,
        count(*) as visiting_people_28d
    from visit_days
    cross join
        unnest(generate_date_array(
            visit_days.day,
            least(
                date_add(visit_days.day, interval 27 day),
                date_sub(coalesce(visit_days.next_day, date '9999-12-31'), interval 1 day)
            )
        )) as active_day
    group by active_day
),

mql_stage as (
    select minimum from {{ ref('scoring_bands') }}
    where score = 'stage' and band = 'mql'
),

observed_scores as (
    select
        lead_id,
        observed_date,
        max(lead_score) as lead_score
    from {{ ref('int_leads__observed') }}
    where observed_date between {{ first_day }} and {{ last_day }}
    group by lead_id, observed_date
),

created_leads as (
    select
        leads.created_date as day,
        count(*) as leads,
        countif(observed_scores.lead_score >= mql_stage.minimum) as marketing_qualified_leads
    from {{ ref('unified_leads') }} as leads
    cross join mql_stage
    left join observed_scores
        on leads.lead_id = observed_scores.lead_id and leads.created_date = observed_scores.observed_date
    where leads.created_date between {{ first_day }} and {{ last_day }}
    group by day
),

converted_leads as (
    select
        date(converted_at) as day,
        count(*) as converted_leads
    from {{ ref('unified_leads') }}
    where date(converted_at) between {{ first_day }} and {{ last_day }} and converted_opportunity_id is not null
    group by day
),

tickets as (
    select
        created_date as day,
        count(*) as tickets
    from {{ ref('unified_support_tickets') }}
    where created_date between {{ first_day }} and {{ last_day }}
    group by day
),

ratings as (
    select
        date(rated_at) as day,
        {{ rate("countif(satisfaction_score = 'good')", 'count(satisfaction_score)') }} as satisfaction_rate
    from {{ ref('unified_support_tickets') }}
    where date(rated_at) between {{ first_day }} and {{ last_day }}
    group by day
),

joined as (
    select
        days.day as kpi_date,
        coalesce(booked.revenue, 0) as revenue,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.new_customers, 0) as new_customers,
        coalesce(sales.returning_customers, 0) as returning_customers,
        coalesce(booked.opportunities_won, 0) as opportunities_won,
        coalesce(media.spend, 0) as spend,
        coalesce(media.unsubscribes, 0) as unsubscribes,
        coalesce(visits.sessions, 0) as sessions,
        coalesce(visits.visiting_people_1d, 0) as visiting_people_1d,
        coalesce(active.visiting_people_28d, 0) as visiting_people_28d,
        coalesce(created_leads.leads, 0) as leads,
        coalesce(created_leads.marketing_qualified_leads, 0) as marketing_qualified_leads,
        coalesce(converted_leads.converted_leads, 0) as converted_leads,
        coalesce(churned.lapsed_customers, 0) as lapsed_customers,
        churn_bases.customers as churn_base,
        coalesce(tickets.tickets, 0) as tickets,
        ratings.satisfaction_rate
    from days
    left join booked on days.day = booked.day
    left join sales on days.day = sales.day
    left join media on days.day = media.day
    left join visits on days.day = visits.day
    left join active on days.day = active.day
    left join created_leads on days.day = created_leads.day
    left join converted_leads on days.day = converted_leads.day
    left join churned on days.day = churned.day
    left join churn_bases on days.day = churn_bases.day
    left join tickets on days.day = tickets.day
    left join ratings on days.day = ratings.day
),

trends as (
    select
        *,
        sum(revenue) over (order by kpi_date asc rows between 6 preceding and current row) as revenue_7d,
        sum(revenue) over (order by kpi_date asc rows between 13 preceding and 7 preceding) as revenue_before_7d,
        sum(revenue) over (order by kpi_date asc rows between 27 preceding and current row) as revenue_28d,
        sum(revenue) over (order by kpi_date asc rows between 55 preceding and 28 preceding) as revenue_before_28d,
        sum(spend) over (order by kpi_date asc rows between 27 preceding and current row) as spend_28d,
        sum(new_customers) over (order by kpi_date asc rows between 27 preceding and current row)
            as new_customers_28d,
        sum(lapsed_customers) over (order by kpi_date asc rows between 27 preceding and current row)
            as lapsed_customers_28d
    from joined
),

final as (
    select
        kpi_date,
        revenue,
        orders,
        {{ rate('revenue', 'orders') }} as revenue_per_conversion,
        new_customers,
        returning_customers,
        spend,
        {{ rate('spend', 'new_customers') }} as customer_acquisition_cost,
        {{ rate('revenue', 'spend') }} as roas,
        sessions,
        {{ rate('orders', 'sessions') }} as session_conversion_rate,
        visiting_people_1d,
        visiting_people_28d,
        leads,
        marketing_qualified_leads,
        converted_leads,
        opportunities_won,
        lapsed_customers,
        {{ rate('lapsed_customers_28d', 'churn_base') }} as lapse_rate_28d,
        tickets,
        satisfaction_rate,
        unsubscribes,
        revenue_7d,
        revenue_28d,
        {{ rate('revenue_7d - revenue_before_7d', 'revenue_before_7d') }} as revenue_change_7d,
        {{ rate('revenue_28d - revenue_before_28d', 'revenue_before_28d') }} as revenue_change_28d,
        {{ rate('revenue_28d', 'spend_28d') }} as roas_28d,
        {{ rate('spend_28d', 'new_customers_28d') }} as customer_acquisition_cost_28d
    from trends
    where kpi_date >= {{ first_day }}
)

select * from final
