{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'score_date', 'data_type': 'date'},
    partitions=all_partitions('score_date'),
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['qualification_status', 'lead_grade', 'lead_id'],
    labels={'layer': 'gold', 'domain': 'sales', 'pii': 'true'},
) }}

with leads as (
    select
        *,
        {{ lead_stage('status') }} as stage
    from {{ ref('unified_leads') }}
    where not {{ objects_to('profiling', 'customer_id') | indent(4) }}
),

observed as (
    select * from {{ ref('int_leads__observed') }}
    where is_current
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

forecast as (
    select * from {{ ref('int_leads__forecast') }}
),

-- Leads of one deal share what it brought. Open deals, and won ones without an amount, are not known yet.
deals as (
    select
        coalesce(converted_opportunity_id, lead_id) as deal,
        count(*) as leads,
        max(if(opportunity_is_won, opportunity_amount, 0)) as amount
    from leads
    where
        is_converted
        and (
            converted_opportunity_id is null
            or (opportunity_is_closed and (not opportunity_is_won or opportunity_amount is not null))
        )
    group by deal
),

conversions as (
    select safe_divide(cast(sum(amount) as float64), sum(leads)) as mean_value
    from deals
),

actions as (
    select * from {{ ref('scoring_actions') }}
    where score = 'lead'
),

grade_bands as (
    {{ bands_of('grade') | indent(4) }}
),

stages as (
    select
        max(if(band = 'mql', minimum, null)) as mql_minimum,
        max(if(band = 'sql', minimum, null)) as sql_minimum
    from {{ ref('scoring_bands') }}
    where score = 'stage'
),

components as (
    {{ weighted_components('observed', ['lead_id'], 'lead', lead_components()) | indent(4) }}
),

listed as (
    select
        lead_id,
        array_agg(
            struct(component as component, weight as weight, value as value, contribution as contribution)
            order by contribution desc, component asc
        ) as components
    from components
    group by lead_id
),

ready as (
    select
        leads.lead_id,
        observed.lead_score as score_score,
        greatest(
            100 - 5 * date_diff(
                observed.observed_date,
                greatest(leads.created_date, coalesce(observed.last_activity_date, leads.created_date)),
                day
            ),
            0
        ) as recency_score,
        case
            when leads.is_converted or leads.stage = 'converted' then 100
            when leads.stage = 'disqualified' then 0
            when leads.stage in ('working', 'qualified') then 80
            else 30
        end as stage_score,
        if(leads.is_unsubscribed, 0, if(leads.email is null, 0, 60)) + if(leads.phone is null, 0, 40)
            as contact_score
    from leads
    inner join observed on leads.lead_id = observed.lead_id
),

readiness_components as (
    {{ weighted_components('ready', ['lead_id'], 'readiness', ['score', 'recency', 'stage', 'contact']) | indent(4) }}
),

readiness as (
    select
        lead_id,
        round(least(sum(contribution), 100), 1) as sales_readiness_score
    from readiness_components
    group by lead_id
),

qualified as (
    select
        leads.lead_id,
        case
            when leads.is_converted or leads.stage = 'converted' then 'converted'
            when leads.stage = 'disqualified' then 'disqualified'
            when leads.stage = 'nurtured' then 'nurture'
            when observed.lead_score >= stages.sql_minimum or leads.stage = 'qualified' then 'sql'
            when observed.lead_score >= stages.mql_minimum then 'mql'
            else 'new'
        end as qualification_status
    from leads
    inner join observed on leads.lead_id = observed.lead_id
    cross join stages
),

final as (
    select
        leads.lead_id,
        leads.customer_id,
        leads.full_name,
        leads.email,
        leads.company,
        observed.lead_score,
        {{ band_of('grade_bands.bands', 'observed.lead_score') | indent(8) }} as lead_grade,
        round(forecast.conversion_probability, 4) as conversion_probability,
        cast(round(round(forecast.conversion_probability, 4) * conversions.mean_value, 2) as numeric) as expected_value,
        '{{ var('reporting_currency') }}' as currency,
        readiness.sales_readiness_score,
        actions.action as recommended_next_action,
        qualified.qualification_status,
        cast(observed.budget_score as float64) as budget_score,
        cast(observed.authority_score as float64) as authority_score,
        cast(observed.need_score as float64) as need_score,
        cast(observed.timeline_score as float64) as timeline_score,
        cast(observed.intent_score as float64) as intent_score,
        listed.components,
        leads.status,
        leads.channel,
        leads.campaign_name,
        leads.created_date,
        observed.last_activity_date,
        leads.is_converted,
        observed.converted_date,
        observed.observed_date,
        as_of.as_of_date as score_date
    from leads
    inner join observed on leads.lead_id = observed.lead_id
    inner join forecast on leads.lead_id = forecast.lead_id
    inner join listed on leads.lead_id = listed.lead_id
    inner join readiness on leads.lead_id = readiness.lead_id
    inner join qualified on leads.lead_id = qualified.lead_id
    inner join actions on qualified.qualification_status = actions.trigger
    cross join grade_bands
    cross join conversions
    cross join as_of
)

select * from final
