{%- set scores = customer_score_components() %}
{%- set churned_after = var('churned_after_days') %}
{%- set churn_risk = var('scoring_churn_risk') %}

with facts as (
    select * from {{ ref('int_customers__facts') }}
),

engagement_weights as (
    {{ weights_of('engagement', scores.engagement) | indent(4) }}
),

churn_weights as (
    {{ weights_of('churn_risk', scores.churn_risk) | indent(4) }}
),

profile_weights as (
    {{ weights_of('profile_completeness', scores.profile_completeness) | indent(4) }}
),

-- Each component is 0 at its worst and 1 at its best (for churn: no risk, highest risk).
components as (
    select
        *,
        {{ lead_stage('lead_status') }} as lead_stage,
        -- Halves every two weeks of silence.
        pow(0.5, days_since_last_seen / 14) as recency,
        active_days_30d / 8 as frequency,
        pageviews_30d / 40 as depth,
        (messages_opened_90d + 2 * messages_clicked_90d) / 10 as messages,
        orders_90d / 2 as purchases,
        -- From none of twenty visits in 90 days to all of them: the first ones say most.
        1 - ln(1 + coalesce(sessions_90d, 0)) / ln(21) as visits,
        -- Full half a year after the last order, and where there was none.
        coalesce(ln(1 + greatest(days_since_last_order, 0)) / ln(181), 1) as overdue,
        1 - coalesce(orders_90d, 0) / 4 as rarity,
        coalesce(days_since_last_seen, {{ days_since('first_seen_date') }}, 0) / 60 as absence,
        greatest(0.5 * coalesce(open_tickets, 0), 1 - coalesce(satisfaction_rate, 1)) as complaints,
        if(is_unsubscribed, 1, 0) as opt_out,
        if(coalesce(first_name, last_name) is null, 0, 1) as has_name,
        if(email is null, 0, 1) as has_email,
        if(phone is null, 0, 1) as has_phone,
        if(street is null or city is null, 0, 1) as has_address,
        if(country is null, 0, 1) as has_country,
        if(company is null, 0, 1) as has_company,
        if(job_title is null, 0, 1) as has_job_title,
        if(birth_date is null, 0, 1) as has_birth_date,
        if(preferred_language is null, 0, 1) as has_preferences
    from facts
),

final as (
    select
        components.customer_id,
        case
            when
                components.order_count > 0
                and components.days_since_last_order >= {{ churned_after.order }}
                and coalesce(components.days_since_last_session, {{ churned_after.visit }}) >= {{ churned_after.visit }}
                then 'churned'
            when components.order_count > 1 then 'repeat_customer'
            when components.order_count = 1 then 'customer'
            when components.open_opportunity_count > 0 then 'opportunity'
            when components.lead_stage = 'qualified' then 'qualified_lead'
            when components.lead_stage in ('working', 'nurtured') then 'working_lead'
            when components.lead_status is not null then 'lead'
            when components.is_identified then 'subscriber'
            else 'visitor'
        end as lifecycle_stage,
        round({{ weighted_score(scores.engagement, 'engagement_weights', 100) }}, 1) as engagement_score,
        -- The weighted sum as a probability, by logistic regression.
        round(
            1 / (
                1 + exp(
                    -{{ churn_risk.steepness }}
                    * ({{ weighted_score(scores.churn_risk, 'churn_weights', 1) }} - {{ churn_risk.middle }})
                )
            ),
            4
        ) as churn_risk_score,
        round({{ weighted_score(scores.profile_completeness, 'profile_weights', 100) }}, 1)
            as profile_completeness_score
    from components
    cross join engagement_weights
    cross join churn_weights
    cross join profile_weights
)

select * from final
