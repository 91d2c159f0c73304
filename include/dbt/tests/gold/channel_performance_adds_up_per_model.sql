-- Per model and day, channel_performance has all revenue that marketing_attribution credits and each cost of
-- unified_ad_performance once.
with booked as (
    select
        performance_date,
        attribution_model,
        sum(spend) as spend,
        sum(revenue) as revenue,
        sum(conversions) as conversions
    from {{ ref('channel_performance') }}
    where performance_date between {{ attribution_start() }} and {{ attribution_end() }}
    group by performance_date, attribution_model
),

models as (
    select attribution_model
    from unnest(split('{{ attribution_models() | join(",") }}')) as attribution_model
),

facts as (
    select
        performance_date,
        spend,
        cast(0 as numeric) as revenue,
        0 as conversions
    from {{ ref('unified_ad_performance') }}
    where performance_date between {{ attribution_start() }} and {{ attribution_end() }}
    union all
    select
        transaction_date as performance_date,
        cast(0 as numeric) as spend,
        revenue,
        1 as conversions
    from {{ ref('marketing_attribution') }}
    where transaction_date between {{ attribution_start() }} and {{ attribution_end() }}
),

expected as (
    select
        facts.performance_date,
        models.attribution_model,
        sum(facts.spend) as spend,
        sum(facts.revenue) as revenue,
        sum(facts.conversions) as conversions
    from facts
    cross join models
    group by facts.performance_date, models.attribution_model
)

select
    coalesce(booked.performance_date, expected.performance_date) as performance_date,
    coalesce(booked.attribution_model, expected.attribution_model) as attribution_model,
    booked.spend as booked_spend,
    expected.spend as expected_spend,
    booked.revenue as booked_revenue,
    expected.revenue as expected_revenue
from booked
full outer join expected
    on
        booked.performance_date = expected.performance_date
        and booked.attribution_model = expected.attribution_model
where
    coalesce(booked.spend, 0) != coalesce(expected.spend, 0)
    or coalesce(booked.revenue, 0) != coalesce(expected.revenue, 0)
    -- Shares of conversions are rounded to nine decimals.
    or abs(coalesce(booked.conversions, 0) - coalesce(expected.conversions, 0)) > 1e-6
