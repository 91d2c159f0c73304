{% macro attribution_months() -%}
    {%- set kept = window_start(var('gold_retention_days')) -%}
    {%- set sql -%}
        with changed_customers as (
            {{ changed_customers() }}
        ),

        conversions as (
            select
                transactions.transaction_id,
                transactions.transaction_date,
                transactions.customer_id,
                transactions.net_revenue as revenue,
                coalesce(customers.first_conversion_id = transactions.transaction_id, true) as is_first
            from <silver.unified_transactions> as transactions
            left join <intermediate.int_customers__revenue> as customers on transactions.customer_id = customers.customer_id
            where
                transactions.transaction_date >= {{ kept }}
                and transactions.net_revenue > 0
                and not transactions.is_cancelled
        ),

        credited as (
            select
                transaction_id,
                transaction_date,
                customer_id,
                revenue,
                is_first_conversion as is_first
            from <gold.marketing_attribution>
            where transaction_date >= {{ kept }}
        ),

        changed as (
            select coalesce(conversions.transaction_date, credited.transaction_date) as day
            from conversions
            full outer join credited
                on
                    conversions.transaction_id = credited.transaction_id
                    and conversions.transaction_date = credited.transaction_date
            where
                conversions.transaction_id is null
                or credited.transaction_id is null
                or conversions.revenue != credited.revenue
                or conversions.is_first != credited.is_first
                or coalesce(conversions.customer_id, '') != coalesce(credited.customer_id, '')
            union all
            -- Whose journeys have other touches now,
            select conversions.transaction_date as day
            from conversions
            inner join changed_customers on conversions.customer_id = changed_customers.customer_id
            union all
            -- and whose visits count among those that did not convert.
            select touchpoints.touchpoint_date as day
            from <silver.unified_touchpoints> as touchpoints
            inner join changed_customers on touchpoints.customer_id = changed_customers.customer_id
            where touchpoints.touchpoint_date >= {{ window_start(var('attribution_lookback_days')) }}
        )

        select distinct format_date('%Y-%m-01', day) as month
        from changed
        where
            day <= greatest(
                {{ attribution_end() }},
                coalesce((select max(transaction_date) from credited), {{ attribution_end() }})
            )
    {%- endset -%}
    {%- set months = window_months() -%}
    {%- for row in former_rows(sql) if row[0] not in months -%}
        {%- do months.append(row[0]) -%}
    {%- endfor -%}
    {{ return(months | sort) }}
{%- endmacro %}
