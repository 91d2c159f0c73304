-- What a lead's score, age and stage together say about its conversion.
-- Score and age give a probability (int_leads__calibration) that knows nothing of sales. Sales works on a lead that
-- will convert until it does, and gives up those that will not, one after the other: Bayes' rule adds that fact. How
-- many of them are given up by an age is counted over the leads of about that age as they are today, since only the
-- newest stage of a lead is kept. Pseudo-leads that are given up as fast as others convert stand in where leads are
-- few, and no more than that: waiting makes no lead likelier to convert than it was when new.

{%- set prior = var('scoring_calibration_prior_weight') %}

with leads as (
    select
        *,
        {{ lead_stage('status') }} as stage
    from {{ ref('unified_leads') }}
),

observed as (
    select * from {{ ref('int_leads__observed') }}
    where is_current
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

calibration as (
    select calibrations.*
    from {{ ref('int_leads__calibration') }} as calibrations
    inner join as_of on calibrations.fitted_date = as_of.as_of_date
),

scored as (
    select
        leads.lead_id,
        leads.is_converted,
        leads.stage in ('disqualified', 'nurtured') as is_given_up,
        observed.age_days,
        calibration.share_converted,
        calibration.conversion_probability as probability_of_score
    from leads
    inner join observed on leads.lead_id = observed.lead_id
    inner join calibration
        on
            observed.lead_score >= calibration.score_from
            and observed.lead_score < calibration.score_to
            and observed.age_days >= calibration.age_from
            and observed.age_days < calibration.age_to
),

counted as (
    select
        *,
        sum(if(is_converted, 0, 1 - probability_of_score)) over days_around as lost_leads,
        countif(is_given_up and not is_converted) over days_around as given_up_leads
    from scored
    window days_around as (order by age_days asc range between 3 preceding and 3 following)
),

shared as (
    select
        *,
        least(
            (given_up_leads + {{ prior }} * share_converted) / (lost_leads + {{ prior }}), share_converted
        ) as share_given_up
    from counted
),

final as (
    select
        lead_id,
        round(share_given_up, 9) as share_given_up,
        round(
            case
                when is_converted then probability_of_score
                when is_given_up then probability_of_score * {{ var('scoring_chance_after_giving_up') }}
                else
                    coalesce(
                        safe_divide(
                            probability_of_score,
                            probability_of_score + (1 - probability_of_score) * (1 - share_given_up)
                        ),
                        0
                    )
            end,
            9
        ) as conversion_probability
    from shared
)

select * from final
