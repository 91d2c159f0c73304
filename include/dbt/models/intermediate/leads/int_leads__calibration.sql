-- What a lead score has been worth, and what is left of it at an age.
-- The rate of a score band: conversions per lead as it looked in its first week, where a lead that was watched for a
-- while only counts as the share of a lead that would have converted by then (int_leads__conversion_curve). A few
-- pseudo-leads of the base rate draw small bands towards it; isotonic regression by its exact min-max formula,
-- fitted(i) = max over a <= i of (min over b >= i of the mean of bands a..b), makes the rate rise with the score.
-- A lead that has not converted by its age has used up part of its chance: Bayes' rule says what is left.

{%- set horizon = var('scoring_conversion_horizon_days') %}
{%- set longest_age = var('scoring_conversion_curve_days') %}
{%- set prior = var('scoring_calibration_prior_weight') %}

with observed as (
    select
        *,
        cast(floor(least(lead_score, 99.999) / 10) as int64) as band
    from {{ ref('int_leads__observed') }}
),

curve as (
    select * from {{ ref('int_leads__conversion_curve') }}
),

fits as (
    select distinct fitted_date from curve
),

-- A lead counts as converted or not by what was known on the day of the fit.
leads as (
    select
        fits.fitted_date,
        observed.is_recorded,
        coalesce(observed.converted_date <= fits.fitted_date, false) as has_converted,
        curve.share_converted as exposure
    from observed
    inner join fits on observed.created_date <= fits.fitted_date
    inner join curve
        on
            fits.fitted_date = curve.fitted_date
            and curve.age_days = least(date_diff(fits.fitted_date, observed.created_date, day), {{ longest_age }})
    where observed.is_current
),

rates as (
    select
        fitted_date,
        -- Before any lead has converted, one in ten is as good a guess as another.
        (countif(has_converted) + 0.1) / (sum(exposure) + 1) as rate_of_all,
        countif(has_converted and is_recorded) as recorded_conversions,
        sum(if(is_recorded, exposure, 0)) as recorded_exposure
    from leads
    group by fitted_date
),

base as (
    select
        fits.fitted_date,
        coalesce(
            (rates.recorded_conversions + {{ prior }} * rates.rate_of_all)
            / nullif(rates.recorded_exposure + {{ prior }}, 0),
            0.1
        ) as base_rate
    from fits
    left join rates on fits.fitted_date = rates.fitted_date
),

-- Scores of leads from before behaviour was recorded are too low to teach anything.
days_seen as (
    select
        base.fitted_date,
        base.base_rate,
        observed.band,
        curve_at_day.share_converted as share_before,
        date_diff(
            least(base.fitted_date, date_add(observed.observed_date, interval {{ horizon }} day)),
            observed.created_date,
            day
        ) as days_watched,
        coalesce(
            observed.converted_date
            <= least(base.fitted_date, date_add(observed.observed_date, interval {{ horizon }} day)),
            false
        ) as has_converted
    from observed
    inner join base on observed.observed_date < base.fitted_date
    inner join curve as curve_at_day
        on
            base.fitted_date = curve_at_day.fitted_date
            and curve_at_day.age_days = least(observed.age_days, {{ longest_age }})
    where observed.is_recorded and not observed.is_current
),

exposed as (
    select
        days_seen.fitted_date,
        days_seen.band,
        days_seen.has_converted,
        -- Expected conversions as a share of the band's rate, given that none had come before the observed day.
        coalesce(
            safe_divide(
                curve.share_converted - days_seen.share_before, 1 - days_seen.base_rate * days_seen.share_before
            ),
            0
        ) as exposure
    from days_seen
    inner join curve
        on
            days_seen.fitted_date = curve.fitted_date
            and curve.age_days = least(days_seen.days_watched, {{ longest_age }})
),

all_bands as (
    select band
    from unnest(generate_array(0, 9)) as band
),

bands as (
    select
        base.fitted_date,
        all_bands.band,
        base.base_rate,
        coalesce(sum(exposed.exposure), 0) as exposure,
        countif(exposed.has_converted) as conversions
    from base
    cross join all_bands
    left join exposed on base.fitted_date = exposed.fitted_date and all_bands.band = exposed.band
    group by base.fitted_date, all_bands.band, base.base_rate
),

smoothed as (
    select
        *,
        -- An empty band weighs almost nothing and takes the value of its neighbours.
        if(exposure > 0, exposure + {{ prior }}, 0.001) as weight,
        if(exposure > 0, conversions + base_rate * {{ prior }}, base_rate * 0.001) as weighted_conversions
    from bands
),

means as (
    select
        first_bands.fitted_date,
        first_bands.band as first_band,
        last_bands.band as last_band,
        sum(inner_bands.weighted_conversions) / sum(inner_bands.weight) as mean_rate
    from smoothed as first_bands
    inner join smoothed as last_bands
        on first_bands.fitted_date = last_bands.fitted_date and first_bands.band <= last_bands.band
    inner join smoothed as inner_bands
        on
            first_bands.fitted_date = inner_bands.fitted_date
            and inner_bands.band between first_bands.band and last_bands.band
    group by first_bands.fitted_date, first_bands.band, last_bands.band
),

lowest as (
    select
        smoothed.fitted_date,
        smoothed.band,
        means.first_band,
        min(means.mean_rate) as lowest_rate
    from smoothed
    inner join means
        on smoothed.fitted_date = means.fitted_date and smoothed.band between means.first_band and means.last_band
    group by smoothed.fitted_date, smoothed.band, means.first_band
),

isotonic as (
    select
        fitted_date,
        band,
        least(max(lowest_rate), 1.0) as fitted_rate
    from lowest
    group by fitted_date, band
),

ages as (
    select
        curve.fitted_date,
        curve.age_days as age_from,
        if(curve.age_days + {{ horizon }} = {{ longest_age }}, 100000, curve.age_days + 1) as age_to,
        curve.share_converted as share_before,
        curve_after.share_converted as share_after
    from curve
    inner join curve as curve_after
        on curve.fitted_date = curve_after.fitted_date and curve.age_days + {{ horizon }} = curve_after.age_days
),

final as (
    select
        isotonic.fitted_date,
        isotonic.band * 10 as score_from,
        if(isotonic.band = 9, 101, isotonic.band * 10 + 10) as score_to,
        ages.age_from,
        ages.age_to,
        round(smoothed.exposure, 6) as leads,
        smoothed.conversions,
        round(isotonic.fitted_rate, 9) as fitted_rate,
        ages.share_before as share_converted,
        round(
            coalesce(
                safe_divide(
                    isotonic.fitted_rate * (ages.share_after - ages.share_before),
                    1 - isotonic.fitted_rate * ages.share_before
                ),
                0
            ),
            9
        ) as conversion_probability
    from isotonic
    inner join smoothed on isotonic.fitted_date = smoothed.fitted_date and isotonic.band = smoothed.band
    inner join ages on isotonic.fitted_date = ages.fitted_date
)

select * from final
