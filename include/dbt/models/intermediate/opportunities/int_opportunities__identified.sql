with opportunities as (
    select
        *,
        {{ opportunity_currency() }} as currency
    from {{ ref('stg_salesforce__opportunities') }}
),

rates as (
    {{ exchange_rate_periods() | indent(4) }}
),

-- Two leads of one company may become the same opportunity: the first one brought it.
leads as (
    select *
    from {{ ref('stg_salesforce__leads') }}
    where converted_opportunity_id is not null and not is_deleted
    qualify row_number() over (partition by converted_opportunity_id order by created_at, lead_id) = 1
),

-- A lead that is deleted says nothing any more: its deal changes with it as well.
lead_changes as (
    select
        converted_opportunity_id,
        max(synced_at) as synced_at
    from {{ ref('stg_salesforce__leads') }}
    where converted_opportunity_id is not null
    group by converted_opportunity_id
),

final as (
    select
        opportunities.opportunity_id,
        opportunities.opportunity_name,
        opportunities.account_id,
        opportunities.amount,
        opportunities.currency,
        round(opportunities.amount * {{ exchange_rate('opportunities.currency') }}, 2) as reported_amount,
        opportunities.close_date,
        opportunities.is_closed,
        opportunities.is_won,
        opportunities.is_deleted,
        opportunities.updated_at,
        opportunities.synced_at,
        -- The lead that became it may land later: it says who, and from where.
        lead_changes.synced_at as lead_synced_at,
        coalesce(
            {{ identity_key('salesforce', 'contact', 'opportunities.contact_id') }},
            {{ identity_key('salesforce', 'contact', 'leads.converted_contact_id') }},
            {{ identity_key('salesforce', 'lead', 'leads.lead_id') }}
        ) as identity_key,
        coalesce(leads.utm_source, opportunities.lead_source) as source,
        leads.utm_medium as medium,
        {{ campaign_platform('leads.utm_source', 'leads.utm_medium', 'leads.gclid') }} as campaign_platform,
        coalesce(opportunities.campaign_id, leads.campaign_id) as campaign_id,
        leads.utm_campaign as campaign_name,
        leads.gclid
    from opportunities
    left join leads on opportunities.opportunity_id = leads.converted_opportunity_id
    left join lead_changes on opportunities.opportunity_id = lead_changes.converted_opportunity_id
    left join rates
        on
            {{ has_rate_of(
                'opportunities.currency', 'coalesce(opportunities.close_date, date(opportunities.created_at))'
            ) | indent(12) }}
)

select * from final
