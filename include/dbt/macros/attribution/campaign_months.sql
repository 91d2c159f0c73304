{% macro campaign_months() -%}
    {%- set first_day = window_start(var('gold_retention_days')) -%}
    {%- set sql -%}
        with facts as (
            select
                date_trunc(performance_date, month) as month,
                sum(impressions) as impressions,
                sum(spend) as spend,
                {{ exact_sum('conversions') }} as platform_conversions,
                cast(0 as numeric) as attributed_revenue,
                0 as leads_generated
            from <silver.unified_ad_performance>
            where performance_date >= {{ first_day }}
            group by month
            union all
            select
                date_trunc(conversions.transaction_date, month) as month,
                0 as impressions,
                cast(0 as numeric) as spend,
                0.0 as platform_conversions,
                sum(touch.{{ var('attribution_campaign_model') }}_revenue) as attributed_revenue,
                0 as leads_generated
            from <gold.marketing_attribution> as conversions
            cross join unnest(conversions.touchpoints) as touch
            where
                conversions.transaction_date >= {{ first_day }}
                and (touch.campaign_id is not null or touch.campaign_name is not null)
            group by month
            union all
            select
                date_trunc(created_date, month) as month,
                0 as impressions,
                cast(0 as numeric) as spend,
                0.0 as platform_conversions,
                cast(0 as numeric) as attributed_revenue,
                count(*) as leads_generated
            from <silver.unified_leads>
            where created_date >= {{ first_day }} and (campaign_id is not null or campaign_name is not null)
            group by month
            union all
            select
                date_trunc(campaign_date, month) as month,
                -sum(impressions) as impressions,
                -sum(campaign_spend) as spend,
                -{{ exact_sum('platform_conversions') }} as platform_conversions,
                -sum(attributed_revenue) as attributed_revenue,
                -sum(leads_generated) as leads_generated
            from <gold.campaign_performance>
            where campaign_date >= {{ first_day }}
            group by month
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
            sum(impressions) != 0
            or sum(spend) != 0
            or abs(sum(platform_conversions)) > 1e-6
            or sum(attributed_revenue) != 0
            or sum(leads_generated) != 0
    {%- endset -%}
    {%- set months = window_months() -%}
    {%- for row in former_rows(sql) if row[0] not in months -%}
        {%- do months.append(row[0]) -%}
    {%- endfor -%}
    {{ return(months | sort) }}
{%- endmacro %}
