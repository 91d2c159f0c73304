{% macro kpi_days() -%}
    {%- set kept = window_start(var('gold_retention_days')) -%}
    {%- set sql -%}
        with changed_customers as (
            {{ changed_customers() }}
        ),

        facts as (
            select
                transactions.transaction_date as day,
                transactions.net_revenue as revenue,
                if(transactions.net_revenue > 0, 1, 0) as orders,
                if(
                    transactions.net_revenue > 0
                    and coalesce(customers.first_conversion_id, transactions.transaction_id)
                    = transactions.transaction_id,
                    1, 0
                ) as new_customers,
                if(transactions.transaction_type = 'opportunity', 1, 0) as opportunities_won,
                0 as leads,
                0 as converted_leads,
                0 as tickets
            from <silver.unified_transactions> as transactions
            left join <intermediate.int_customers__revenue> as customers
                on transactions.customer_id = customers.customer_id
            where transactions.transaction_date >= {{ kept }} and not transactions.is_cancelled
            union all
            select created_date, 0, 0, 0, 0, 1, 0, 0
            from <silver.unified_leads>
            where created_date >= {{ kept }}
            union all
            select date(converted_at), 0, 0, 0, 0, 0, 1, 0
            from <silver.unified_leads>
            where date(converted_at) >= {{ kept }} and converted_opportunity_id is not null
            union all
            select created_date, 0, 0, 0, 0, 0, 0, 1
            from <silver.unified_support_tickets>
            where created_date >= {{ kept }}
            union all
            select
                kpi_date, -revenue, -orders, -new_customers, -opportunities_won, -leads, -converted_leads, -tickets
            from <gold.executive_kpis>
            where kpi_date >= {{ kept }}
        ),

        built as (
            select max(kpi_date) as newest_day
            from <gold.executive_kpis>
            where kpi_date >= {{ kept }}
        ),

        changed as (
            select day
            from facts
            group by day
            having
                sum(revenue) != 0
                or sum(orders) != 0
                or sum(new_customers) != 0
                or sum(opportunities_won) != 0
                or sum(leads) != 0
                or sum(converted_leads) != 0
                or sum(tickets) != 0
            union all
            -- Two people who are one are counted once.
            select min(transactions.transaction_date) as day
            from <silver.unified_transactions> as transactions
            inner join changed_customers on transactions.customer_id = changed_customers.customer_id
            where transactions.transaction_date >= {{ kept }}
            union all
            select min(sessions.session_date) as day
            from <silver.unified_sessions> as sessions
            inner join changed_customers on sessions.customer_id = changed_customers.customer_id
            where sessions.session_date >= {{ window_start(var('attribution_lookback_days')) }}
        )

        select
            cast(min(changed.day) as string) as first_day,
            cast(max(built.newest_day) as string) as last_day
        from changed
        cross join built
        where changed.day <= greatest({{ window_end() }}, coalesce(built.newest_day, {{ window_end() }}))
    {%- endset -%}
    {%- set first = modules.datetime.date.fromisoformat(window_day('start_date'))
        - modules.datetime.timedelta(days=var('restatement_days') | int) -%}
    {%- set days = namespace(first=first.isoformat(), last=window_day('end_date')) -%}
    {%- for row in former_rows(sql) if row[0] -%}
        {%- set days.first = [days.first, row[0]] | min -%}
        {%- set days.last = [days.last, row[1] or days.last] | max -%}
    {%- endfor -%}
    {{ return({'first': days.first, 'last': days.last}) }}
{%- endmacro %}
