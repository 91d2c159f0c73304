{% macro campaign_months() -%}
    {%- set first_day = window_start(var('gold_retention_days')) -%}
    {#- Two models tell enough: each touch has linear credit. -#}
    {%- set told = [var('attribution_campaign_model'), 'linear'] -%}
    {%- set measures = ['impressions', 'spend', 'platform_conversions', 'revenue', 'leads', 'opportunities', 'won'] -%}
    {%- set parts = [
        ('<silver.unified_ad_performance>', 'performance_date', 'true', {
            'impressions': 'impressions', 'spend': 'spend', 'platform_conversions': 'conversions',
        }),
        (
            '<gold.marketing_attribution> cross join unnest(touchpoints) as touch',
            'transaction_date',
            'touch.campaign_id is not null or touch.campaign_name is not null',
            {'revenue': 'touch.' ~ told | join('_revenue + touch.') ~ '_revenue'},
        ),
        ('leads', 'created_date', 'true', {'leads': '1'}),
        ('leads', 'date(converted_at)', 'converted_opportunity_id is not null and is_first_of_deal', {'opportunities': '1'}),
        ('leads', 'opportunity_closed_date', 'opportunity_is_won and is_first_of_deal', {'won': '1'}),
        ('<gold.campaign_performance>', 'campaign_date', 'true', {
            'impressions': '-impressions',
            'spend': '-campaign_spend',
            'platform_conversions': '-platform_conversions',
            'revenue': "-(select sum(credit.revenue) from unnest(credit_by_model) as credit"
                ~ " where credit.attribution_model in ('" ~ told | join("', '") ~ "'))",
            'leads': '-leads_generated',
            'opportunities': '-opportunities',
            'won': '-opportunities_won',
        }),
    ] -%}
    {%- set sql -%}
        with leads as (
            select
                *,
                {{ is_first_of_deal() }} as is_first_of_deal
            from <silver.unified_leads>
            where campaign_id is not null or campaign_name is not null
        ),

        facts as (
            {%- for table, day, condition, values in parts %}
            select
                date_trunc({{ day }}, month) as month,
                {%- for measure in measures %}
                cast({{ values.get(measure, '0') }} as numeric) as {{ measure }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ table }}
            where {{ day }} >= {{ first_day }} and ({{ condition }})
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        )

        select format_date('%Y-%m-%d', month) as month
        from facts
        where
            month <= greatest(
                {{ attribution_end() }},
                coalesce(
                    (select max(campaign_date) from <gold.campaign_performance> where campaign_date >= {{ first_day }}),
                    {{ attribution_end() }}
                )
            )
        group by month
        having
            {%- for measure in measures %}
            abs(coalesce(sum({{ measure }}), 0)) > 1e-6{{ ' or' if not loop.last }}
            {%- endfor %}
        union distinct
        -- What is known of a campaign has changed.
        select distinct format_date('%Y-%m-01', built.campaign_date) as month
        from <gold.campaign_performance> as built
        inner join <intermediate.int_campaigns__unioned> as campaigns
            on built.platform = campaigns.platform and built.campaign_id = campaigns.campaign_id
        where
            built.campaign_date >= {{ first_day }}
            and (
                built.campaign_name != coalesce(campaigns.campaign_name, built.campaign_name)
                or built.campaign_type != coalesce(campaigns.campaign_type, built.campaign_type)
                or built.channel != campaigns.channel
            )
        union distinct
        -- A link may mean a campaign that has become known in this window.
        {%- for link, campaign in [
            ('built.campaign_id', 'campaigns.campaign_id'),
            ('lower(built.campaign_name)', 'lower(' ~ url_decoded('campaigns.campaign_name') ~ ')'),
        ] %}
        select distinct format_date('%Y-%m-01', built.campaign_date) as month
        from <gold.campaign_performance> as built
        inner join <intermediate.int_campaigns__unioned> as campaigns on {{ link }} = {{ campaign }}
        where
            built.campaign_date >= {{ first_day }}
            and built.platform = 'other'
            and date(campaigns.synced_at) between {{ window_start() }} and {{ window_end() }}
        union distinct
        {%- endfor %}
        -- Credited again in this run: the campaigns may differ where the sums do not.
        select distinct format_date('%Y-%m-%d', fit_month) as month
        from <intermediate.int_attribution__journeys>
    {%- endset -%}
    {%- set months = window_months() -%}
    {%- for row in former_rows(sql) if row[0] not in months -%}
        {%- do months.append(row[0]) -%}
    {%- endfor -%}
    {{ return(months | sort) }}
{%- endmacro %}
