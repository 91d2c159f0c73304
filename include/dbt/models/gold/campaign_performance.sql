{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'campaign_date', 'data_type': 'date'},
    partitions=['{{ month_partitions(campaign_months()) }}'],
    partition_expiration_days=var('gold_retention_days'),
    cluster_by=['platform', 'campaign_id'],
    labels={'layer': 'gold', 'domain': 'marketing', 'pii': 'false'},
) }}

{%- set models = attribution_models() %}
{%- set credit_model = var('attribution_campaign_model') %}
{%- set credited = 'daily.' ~ credit_model ~ '_conversions' %}
{%- set booked = 'daily.' ~ credit_model ~ '_revenue' %}
{#- A touch may name a campaign that delivered long before the conversion. #}
{%- set months = campaign_months() %}
{#- What each model gives a touch, and the first conversions of customers by the model of this mart. #}
{%- set credits = {'new_customers': 'if(conversions.is_first_conversion, touch.' ~ credit_model ~ '_credit, 0.0)'} %}
{%- for model in models %}
    {%- do credits.update({
        model ~ '_conversions': 'touch.' ~ model ~ '_credit', model ~ '_revenue': 'touch.' ~ model ~ '_revenue',
    }) %}
{%- endfor %}

with delivered as (
    select * from {{ ref('unified_ad_performance') }}
    where {{ in_months('performance_date', months, var('attribution_lookback_days')) }}
),

sessions as (
    select * from {{ ref('unified_sessions') }}
    where {{ in_months('session_date', months) }} and (campaign_id is not null or campaign_name is not null)
),

leads as (
    select
        *,
        {{ is_first_of_deal() }} as is_first_of_deal
    from {{ ref('unified_leads') }}
    where campaign_id is not null or campaign_name is not null
),

conversions as (
    select * from {{ ref('marketing_attribution') }}
    where {{ in_months('transaction_date', months) }}
),

entities as (
    select * from {{ ref('int_campaigns__unioned') }}
),

campaigns as (
    {{ known_campaigns('delivered', 'entities') | indent(4) }}
),

-- Everything that is not delivery, one row per fact, with what its source knows of the campaign.
facts as (
    {{ campaign_facts(
        'sessions', 'session_date', 'session_date', {'sessions': '1', 'engaged_sessions': 'cast(is_engaged as int64)'},
    ) | indent(4) }}
    union all
    {{ campaign_facts(
        'leads', 'created_date', 'created_date', {'leads_generated': '1'}, where=in_months('created_date', months),
    ) | indent(4) }}
    union all
    {{ campaign_facts(
        'leads', 'date(converted_at)', 'created_date', {'opportunities': '1'},
        where=in_months('date(converted_at)', months) ~ ' and converted_opportunity_id is not null and is_first_of_deal',
    ) | indent(4) }}
    union all
    {{ campaign_facts(
        'leads', 'opportunity_closed_date', 'created_date', {'opportunities_won': '1'},
        where=in_months('opportunity_closed_date', months) ~ ' and opportunity_is_won and is_first_of_deal',
    ) | indent(4) }}
    union all
    {{ campaign_facts(
        'conversions cross join unnest(conversions.touchpoints) as touch', 'conversions.transaction_date',
        'date(touch.touchpoint_at)', credits,
        where='touch.campaign_id is not null or touch.campaign_name is not null', prefix='touch.',
    ) | indent(4) }}
),

links as (
    select distinct
        campaign_platform,
        campaign_id,
        lower(campaign_name) as name_key,
        link_date
    from facts
    where campaign_platform is not null
),

matched_links as (
    {{ matched_campaigns('links', 'delivered', 'entities') | indent(4) }}
),

keyed_facts as (
    select
        facts.campaign_date,
        if(matched_links.matched_id is null, 'other', facts.campaign_platform) as platform,
        coalesce(matched_links.matched_id, facts.campaign_id, facts.campaign_name) as campaign_id,
        coalesce(facts.campaign_name, facts.campaign_id) as link_name,
        facts.channel as link_channel,
        facts.sessions,
        facts.engaged_sessions,
        facts.leads_generated,
        facts.opportunities,
        facts.opportunities_won,
        {%- for model in models %}
        facts.{{ model }}_conversions,
        facts.{{ model }}_revenue,
        {%- endfor %}
        facts.new_customers
    from facts
    left join matched_links
        on
            facts.campaign_platform = matched_links.campaign_platform
            and coalesce(facts.campaign_id, '') = coalesce(matched_links.campaign_id, '')
            and coalesce(lower(facts.campaign_name), '') = coalesce(matched_links.name_key, '')
            and facts.link_date = matched_links.link_date
),

unioned as (
    select
        performance_date as campaign_date,
        platform,
        campaign_id,
        cast(null as string) as link_name,
        cast(null as string) as link_channel,
        impressions,
        clicks,
        spend,
        conversions as platform_conversions,
        {{- campaign_measures() | indent(4) }}
    from delivered
    where {{ in_months('performance_date', months) }}
    union all
    select
        campaign_date,
        platform,
        campaign_id,
        link_name,
        link_channel,
        0 as impressions,
        0 as clicks,
        cast(0 as numeric) as spend,
        0.0 as platform_conversions,
        sessions,
        engaged_sessions,
        leads_generated,
        opportunities,
        opportunities_won,
        {%- for model in models %}
        {{ model }}_conversions,
        {{ model }}_revenue,
        {%- endfor %}
        new_customers
    from keyed_facts
),

daily as (
    select
        campaign_date,
        platform,
        campaign_id,
        max(link_name) as link_name,
        max(link_channel) as link_channel,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(spend) as campaign_spend,
        {{ exact_sum('platform_conversions') }} as platform_conversions,
        sum(sessions) as sessions,
        sum(engaged_sessions) as engaged_sessions,
        sum(leads_generated) as leads_generated,
        sum(opportunities) as opportunities,
        sum(opportunities_won) as opportunities_won,
        {%- for model in models %}
        {{ exact_sum(model ~ '_conversions') }} as {{ model }}_conversions,
        sum({{ model }}_revenue) as {{ model }}_revenue,
        {%- endfor %}
        {{ exact_sum('new_customers') }} as new_customers
    from unioned
    group by campaign_date, platform, campaign_id
),

final as (
    select
        daily.campaign_date,
        daily.platform,
        daily.campaign_id,
        coalesce(campaigns.campaign_name, daily.link_name, daily.campaign_id) as campaign_name,
        coalesce(campaigns.campaign_type, 'unknown') as campaign_type,
        coalesce(campaigns.channel, daily.link_channel) as channel,
        daily.impressions,
        daily.clicks,
        daily.campaign_spend,
        daily.platform_conversions,
        daily.sessions,
        daily.engaged_sessions,
        daily.leads_generated,
        daily.opportunities,
        daily.opportunities_won,
        {{ credited }} as attributed_conversions,
        {{ booked }} as attributed_revenue,
        daily.new_customers,
        {{ rate('daily.clicks', 'daily.impressions') }} as click_through_rate,
        {{ rate('daily.campaign_spend', 'daily.clicks') }} as cost_per_click,
        {{ rate('daily.campaign_spend', 'daily.leads_generated') }} as cost_per_lead,
        {{ rate('cast(daily.campaign_spend as float64)', 'daily.new_customers') }} as customer_acquisition_cost,
        {{ rate('cast(daily.campaign_spend as float64)', credited) }} as cost_per_conversion,
        {{ rate(credited, 'daily.sessions') }} as conversion_rate,
        {{ rate('daily.opportunities', 'daily.leads_generated') }} as lead_to_opportunity_rate,
        {{ rate(booked, 'daily.campaign_spend') }} as roas,
        {{ rate(booked ~ ' - daily.campaign_spend', 'daily.campaign_spend') }} as roi,
        [
            {%- for model in models %}
            struct(
                '{{ model }}' as attribution_model,
                daily.{{ model }}_conversions as conversions,
                daily.{{ model }}_revenue as revenue
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ] as credit_by_model
    from daily
    left join campaigns on daily.platform = campaigns.platform and daily.campaign_id = campaigns.campaign_id
)

select * from final
