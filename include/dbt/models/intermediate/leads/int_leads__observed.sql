{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'observed_date', 'data_type': 'date', 'granularity': 'month'},
    partitions=['date_trunc(dbt_internal_dest.observed_date, month)'],
    full_refresh=false,
) }}

{#- Every partition is replaced: the condition in `partitions` is true of each row. -#}
{#- Of the days from here on the 30 days of behaviour lie within what is read. #}
{%- set first_read_day = 'date_add(' ~ recent_start() ~ ', interval 29 day)' %}
{%- set behaviour = ['sessions', 'pageviews', 'product_views', 'add_to_carts', 'clicks'] %}

-- A lead as it looked at the end of a day: on two days of its first week, to learn what scores are worth, and on
-- the last day before its outcome, to score it. Only what its record said and what was done until that day
-- counts, by the versions that landed; status and rating do not, since sales sets them when it knows more.
-- All rows are made in every run; the behaviour before a day long ago is taken over from the run before, which also
-- outlives silver's visits.

with leads as (
    select
        *,
        date(converted_at) as converted_date
    from {{ ref('unified_leads') }}
),

as_of as (
    select as_of_date from {{ ref('int_customers__as_of') }}
),

lead_sources as (
    select * from {{ ref('scoring_lead_sources') }}
),

weights as (
    {{ weights_of('lead', lead_components()) | indent(4) }}
),

sessions as (
    select
        customer_id,
        session_date as activity_date,
        1 as sessions,
        pageviews,
        product_views,
        add_to_carts,
        0 as clicks
    from {{ ref('unified_sessions') }}
    where customer_id is not null and {{ recent_if_incremental('session_date') }}
),

messages as (
    select
        customer_id,
        touchpoint_date as activity_date,
        0 as sessions,
        0 as pageviews,
        0 as product_views,
        0 as add_to_carts,
        cast(touchpoint_type = 'message_clicked' as int64) as clicks
    from {{ ref('unified_touchpoints') }}
    where
        customer_id is not null
        and touchpoint_type in ('message_opened', 'message_clicked')
        and {{ recent_if_incremental('touchpoint_date') }}
),

activity as (
    select * from sessions
    union all
    select * from messages
),

recording as (
    select min(first_session_date) as first_date from {{ ref('int_records__seen') }}
),

landmarks as (
    select
        leads.lead_id,
        date_add(leads.created_date, interval age day) as observed_date,
        false as is_current
    from leads
    cross join unnest([0, 3]) as age
    cross join as_of
    where
        date_add(leads.created_date, interval age day) < as_of.as_of_date
        and (
            leads.converted_date is null
            or leads.converted_date > date_add(leads.created_date, interval age day)
        )
),

current_days as (
    select
        leads.lead_id,
        -- What happens on the day of conversion may be its consequence.
        greatest(
            least(as_of.as_of_date, coalesce(date_sub(leads.converted_date, interval 1 day), as_of.as_of_date)),
            leads.created_date
        ) as observed_date,
        true as is_current
    from leads
    cross join as_of
),

days as (
    select * from landmarks
    union all
    select * from current_days
),

read_behaviour as (
    select
        days.lead_id,
        days.observed_date,
        days.is_current,
        {%- for count in behaviour %}
        coalesce(sum(activity.{{ count }}), 0) as {{ count }},
        {%- endfor %}
        max(activity.activity_date) as last_activity_date,
        true as is_known
    from days
    inner join leads on days.lead_id = leads.lead_id
    left join activity
        on
            leads.customer_id = activity.customer_id
            and date_diff(days.observed_date, activity.activity_date, day) between 0 and 29
    {%- if is_incremental() %}
    where days.observed_date >= {{ first_read_day }}
    {%- endif %}
    group by days.lead_id, days.observed_date, days.is_current
),

behaviour as (
    select * from read_behaviour
    {%- if is_incremental() %}
    union all
    select
        days.lead_id,
        days.observed_date,
        days.is_current,
        {%- for count in behaviour %}
        coalesce(known.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        known.last_activity_date,
        known.lead_id is not null as is_known
    from days
    left join {{ this }} as known
        on
            days.lead_id = known.lead_id
            and days.observed_date = known.observed_date
            and days.is_current = known.is_current
    where days.observed_date < {{ first_read_day }}
    {%- endif %}
),

-- The newest version that had landed by the day; before the first one, that: a lead lands some hours after it is made.
versions as (
    select
        *,
        lag(landed_date) over (partition by lead_id order by landed_date asc) is null as is_first,
        lead(landed_date) over (partition by lead_id order by landed_date asc) as landed_next
    from {{ ref('int_leads__versions') }}
),

described as (
    select
        days.lead_id,
        days.observed_date,
        days.is_current,
        leads.created_date,
        leads.converted_date,
        versions.lead_source,
        versions.channel,
        coalesce(versions.employee_count, 0) as employees,
        coalesce(cast(versions.annual_revenue as float64), 0) as annual_revenue,
        lower(coalesce(versions.job_title, '')) as title,
        versions.told_budget,
        versions.told_authority,
        versions.told_timeline
    from days
    inner join leads on days.lead_id = leads.lead_id
    inner join versions
        on
            days.lead_id = versions.lead_id
            and (days.observed_date >= versions.landed_date or versions.is_first)
            and (days.observed_date < versions.landed_next or versions.landed_next is null)
),

valued as (
    select
        behaviour.lead_id,
        behaviour.observed_date,
        behaviour.is_current,
        described.created_date,
        described.converted_date,
        {%- for count in behaviour %}
        behaviour.{{ count }},
        {%- endfor %}
        behaviour.last_activity_date,
        date_diff(behaviour.observed_date, described.created_date, day) as age_days,
        behaviour.is_known and coalesce(described.created_date >= recording.first_date, true) as is_recorded,
        case
            when described.told_budget in ('over 50k', 'over 100k') then 100
            when described.told_budget = '10k-50k' then 85
            when described.told_budget = 'under 10k' then 20
            when described.told_budget = 'unknown' then 20
            when described.annual_revenue >= 50000000 or described.employees >= 500 then 80
            when described.annual_revenue >= 5000000 or described.employees >= 50 then 50
            else 25
        end as budget_score,
        case
            when
                regexp_contains(described.title, r'\b(c[eftmioprs]o|chief|founder|owner|president|partner)\b')
                and not regexp_contains(described.title, r'vice president')
                then 100
            when regexp_contains(described.title, r'\b(vp|vice president|head|director)\b') then 85
            when described.told_authority = 'true' then 75
            when regexp_contains(described.title, r'\b(manager|lead|principal)\b') then 50
            else 20
        end as authority_score,
        least(behaviour.product_views * 8 + behaviour.pageviews * 2, 100) as need_score,
        greatest(
            case described.told_timeline
                when 'this month' then 100
                when 'this quarter' then 90
                when 'this year' then 75
                else 0
            end,
            case
                when behaviour.last_activity_date is null then 0
                when date_diff(behaviour.observed_date, behaviour.last_activity_date, day) <= 3 then 40
                when date_diff(behaviour.observed_date, behaviour.last_activity_date, day) <= 14 then 20
                else 10
            end
        ) as timeline_score,
        greatest(
            coalesce(lead_sources.value, 40)
            - if(described.channel in ('Display', 'Paid Social', 'Organic Social'), 30, 0),
            0
        ) as source_score,
        least(25 * log10(greatest(described.employees, 1)), 100) as company_score,
        least(behaviour.sessions * 12 + behaviour.add_to_carts * 15 + behaviour.clicks * 10, 100)
            as intent_score
    from behaviour
    inner join described
        on
            behaviour.lead_id = described.lead_id
            and behaviour.observed_date = described.observed_date
            and behaviour.is_current = described.is_current
    cross join recording
    left join lead_sources on described.lead_source = lead_sources.lead_source
),

final as (
    select
        valued.*,
        -- Rounded before it is put into a band, so that a score of 70.0 is of that band.
        round(least(
            {%- for component in lead_components() %}
            weights.{{ component }} * valued.{{ component }}_score{{ ' +' if not loop.last else ',' }}
            {%- endfor %}
            100
        ), 1) as lead_score
    from valued
    cross join weights
)

select * from final
