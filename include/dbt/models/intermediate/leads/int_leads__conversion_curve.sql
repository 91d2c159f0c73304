-- By which age the leads that convert have converted: one minus Kaplan–Meier, so that a young lead counts
-- for as long as it has been watched. Fitted twice: with all that is known, to make forecasts, and with what was known
-- a horizon earlier, so that forecasts of that day can be compared with what has come true since.

{%- set horizon = var('scoring_conversion_horizon_days') %}
{%- set longest_age = var('scoring_conversion_curve_days') %}

with leads as (
    select
        created_date,
        date(converted_at) as converted_date
    from {{ ref('unified_leads') }}
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

fits as (
    select date_sub(as_of.as_of_date, interval days_ago day) as fitted_date
    from as_of
    cross join unnest([0, {{ horizon }}]) as days_ago
),

watched as (
    select
        fits.fitted_date,
        coalesce(leads.converted_date <= fits.fitted_date, false) as has_converted,
        least(
            greatest(
                date_diff(
                    least(coalesce(leads.converted_date, fits.fitted_date), fits.fitted_date), leads.created_date, day
                ),
                0
            ),
            {{ longest_age }}
        ) as days_watched
    from leads
    inner join fits on leads.created_date <= fits.fitted_date
),

ends as (
    select
        fitted_date,
        days_watched,
        count(*) as leads,
        countif(has_converted) as conversions
    from watched
    group by fitted_date, days_watched
),

all_ages as (
    select age_days
    from unnest(generate_array(0, {{ longest_age }})) as age_days
),

ages as (
    select
        fits.fitted_date,
        all_ages.age_days,
        coalesce(ends.conversions, 0) as conversions,
        coalesce(
            sum(ends.leads) over (
                partition by fits.fitted_date
                order by all_ages.age_days desc
                rows between unbounded preceding and current row
            ),
            0
        ) as leads_watched
    from fits
    cross join all_ages
    left join ends on fits.fitted_date = ends.fitted_date and all_ages.age_days = ends.days_watched
),

survival as (
    select
        fitted_date,
        age_days,
        leads_watched,
        conversions,
        1 - exp(
            sum(
                -- Where all who were left converted, the logarithm of zero is no number.
                ln(greatest(1 - coalesce(safe_divide(conversions, leads_watched), 0), 1e-12))
            ) over (
                partition by fitted_date
                order by age_days asc
                rows between unbounded preceding and current row
            )
        ) as converted
    from ages
),

final as (
    select
        fitted_date,
        age_days,
        leads_watched,
        conversions,
        round(coalesce(safe_divide(converted, max(converted) over (partition by fitted_date)), 1.0), 9)
            as share_converted
    from survival
)

select * from final
