{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='lead_id',
        partition_by={'field': 'created_date', 'data_type': 'date', 'granularity': 'month'},
        cluster_by=['customer_id', 'status'],
        labels={'layer': 'silver', 'domain': 'sales', 'pii': 'true'},
        post_hook=[
            "{{ delete_withdrawn('lead_id', [(ref('stg_salesforce__leads'), 'lead_id', 'is_deleted or ' ~ is_dated_ahead('created_at'))]) }}",
            "{{ restamp_customer_id() }}",
            "{{ apply_objections() }}",
        ],
    )
}}

-- No partition expiry: a record changes for as long as it lives, and lifetime totals would shrink.

with all_opportunities as (
    select
        *,
        {{ opportunity_currency() }} as currency
    from {{ ref('stg_salesforce__opportunities') }}
),

rates as (
    {{ exchange_rate_periods() | indent(4) }}
),

-- Without a rate the amount is not known.
opportunities as (
    select
        all_opportunities.* except (amount),
        round(all_opportunities.amount * {{ exchange_rate('all_opportunities.currency') }}, 2) as amount
    from all_opportunities
    left join rates
        on
            {{ has_rate_of(
                'all_opportunities.currency', 'coalesce(all_opportunities.close_date, date(all_opportunities.created_at))'
            ) | indent(12) }}
),

-- A lead changes with its opportunity.
leads as (
    select *
    from {{ ref('stg_salesforce__leads') }}
    where
        not is_deleted
        and created_at is not null
        and not {{ is_dated_ahead('created_at') }}
        and (
            {{ changed_in_window() }}
            or converted_opportunity_id in (
                select opportunities.opportunity_id from opportunities
                where {{ changed_in_window() }}
            )
        )
),

keys as (
    select * from {{ ref('int_customers__keys') }}
),

country_names as (
    select * from {{ ref('country_names') }}
),

phone_regions as (
    select * from {{ ref('phone_regions') }}
),

-- A national number is one of the lead's country.
phones as (
    select
        leads.lead_id,
        {{ phone_digits('coalesce(leads.mobile_phone, leads.phone)', 'phone_regions') }} as digits,
        phone_regions.*
    from leads
    left join country_names on lower(replace(trim(leads.country), '.', '')) = country_names.country_name
    left join phone_regions
        on coalesce(country_names.country_code, upper(trim(leads.country))) = phone_regions.country_code
),

final as (
    select
        leads.lead_id,
        keys.customer_id,
        {{ identity_key('salesforce', 'lead', 'leads.lead_id') }} as identity_key,
        nullif(
            trim(
                concat(
                    coalesce({{ tidy_name('leads.first_name') }}, ''),
                    ' ',
                    coalesce({{ tidy_name('leads.last_name') }}, '')
                )
            ),
            ''
        ) as full_name,
        leads.email,
        {{ normalize_phone('phones.digits', 'phones') }} as phone,
        leads.company,
        leads.job_title as title,
        leads.industry,
        leads.employee_count as employees,
        leads.annual_revenue,
        leads.country,
        leads.state,
        leads.lead_source,
        {{ channel_of('coalesce(leads.utm_source, leads.lead_source)', 'leads.utm_medium', 'leads.gclid') }}
            as channel,
        {{ campaign_platform('leads.utm_source', 'leads.utm_medium', 'leads.gclid') }} as campaign_platform,
        leads.campaign_id,
        leads.utm_campaign as campaign_name,
        leads.gclid,
        leads.lead_status as status,
        leads.rating,
        leads.is_converted,
        timestamp(leads.converted_date) as converted_at,
        leads.converted_contact_id,
        leads.converted_account_id,
        leads.converted_opportunity_id,
        opportunities.amount as opportunity_amount,
        opportunities.stage_name as opportunity_stage,
        coalesce(opportunities.is_won, false) as opportunity_is_won,
        coalesce(opportunities.is_closed, false) as opportunity_is_closed,
        opportunities.close_date as opportunity_closed_date,
        leads.is_email_opted_out or {{ objects_to('marketing', 'keys.customer_id') | indent(8) }} as is_unsubscribed,
        leads.custom_fields,
        leads.created_at,
        date(leads.created_at) as created_date,
        greatest(
            coalesce(leads.updated_at, leads.created_at),
            coalesce(opportunities.updated_at, leads.updated_at, leads.created_at)
        ) as updated_at
    from leads
    left join opportunities
        on leads.converted_opportunity_id = opportunities.opportunity_id and not opportunities.is_deleted
    left join phones on leads.lead_id = phones.lead_id
    left join keys on {{ identity_key('salesforce', 'lead', 'leads.lead_id') }} = keys.identity_key
)

select * from final
