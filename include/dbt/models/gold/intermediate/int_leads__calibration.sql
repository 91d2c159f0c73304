-- What a lead score has been worth: the share of matured lead days that converted within the horizon.
-- Days of the first week of a lead give the curve over the score: isotonic regression over score bins by its
-- exact min-max formula, fitted(i) = max over a <= i of (min over b >= i of the mean of bins a..b), each bin drawn
-- towards the base rate by a few pseudo-leads. Older leads convert less; their factor is measured per age.

{%- set prior = scoring_setting('calibration_prior_weight') %}

with matured as (
    select
        cast(floor(least(lead_score, 99.999) / 5) as int64) as bin,
        case
            when age_days < 7 then 0
            when age_days < 14 then 7
            when age_days < 30 then 14
            when age_days < 60 then 30
            else 60
        end as age_from,
        cast(converts_in_horizon as int64) as converted
    from {{ ref('int_leads__observed') }}
    where is_matured
),

base as (
    -- Before any lead has matured, one in ten is as good a guess as another.
    select (countif(age_from = 0 and converted = 1) + 0.1) / (countif(age_from = 0) + 1) as base_rate
    from matured
),

bins as (
    select
        all_bins.bin,
        countif(matured.age_from = 0) as leads,
        countif(matured.age_from = 0 and matured.converted = 1) as conversions
    from (select bin from unnest(generate_array(0, 19)) as bin) as all_bins
    left join matured on all_bins.bin = matured.bin
    group by all_bins.bin
),

smoothed as (
    select
        bins.bin,
        bins.leads,
        bins.conversions,
        -- An empty bin weighs almost nothing and takes the value of its neighbours.
        bins.leads + if(bins.leads > 0, {{ prior }}, 0.001) as weight,
        bins.conversions + base.base_rate * if(bins.leads > 0, {{ prior }}, 0.001) as weighted_conversions
    from bins
    cross join base
),

means as (
    select
        first_bin.bin as first_bin,
        last_bin.bin as last_bin,
        sum(inner_bin.weighted_conversions) / sum(inner_bin.weight) as mean_rate
    from smoothed as first_bin
    inner join smoothed as last_bin on first_bin.bin <= last_bin.bin
    inner join smoothed as inner_bin on inner_bin.bin between first_bin.bin and last_bin.bin
    group by first_bin.bin, last_bin.bin
),

lowest as (
    select
        smoothed.bin,
        means.first_bin,
        min(means.mean_rate) as lowest_rate
    from smoothed
    inner join means on smoothed.bin between means.first_bin and means.last_bin
    group by smoothed.bin, means.first_bin
),

isotonic as (
    select
        bin,
        max(lowest_rate) as fitted_rate
    from lowest
    group by bin
),

ages as (
    select
        all_ages.age_from,
        count(matured.age_from) as leads,
        coalesce(sum(matured.converted), 0) as conversions
    from (select age_from from unnest([0, 7, 14, 30, 60]) as age_from) as all_ages
    left join matured on all_ages.age_from = matured.age_from
    group by all_ages.age_from
),

age_factors as (
    select
        ages.age_from,
        coalesce(lead(ages.age_from) over (order by ages.age_from asc), 100000) as age_to,
        if(
            ages.age_from = 0,
            1.0,
            least((ages.conversions + base.base_rate) / (ages.leads + 1) / base.base_rate, 1.0)
        ) as age_factor
    from ages
    cross join base
),

final as (
    select
        isotonic.bin * 5 as score_from,
        if(isotonic.bin = 19, 101, isotonic.bin * 5 + 5) as score_to,
        age_factors.age_from,
        age_factors.age_to,
        smoothed.leads,
        smoothed.conversions,
        isotonic.fitted_rate,
        age_factors.age_factor,
        isotonic.fitted_rate * age_factors.age_factor as conversion_probability
    from isotonic
    inner join smoothed on isotonic.bin = smoothed.bin
    cross join age_factors
)

select * from final
