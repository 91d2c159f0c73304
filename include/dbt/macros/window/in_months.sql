{% macro in_months(day, months, lookback_days=0) -%}
    {%- set conditions = [] -%}
    {%- for month in months -%}
        {%- set first = modules.datetime.date.fromisoformat(month) - modules.datetime.timedelta(days=lookback_days | int) -%}
        {%- do conditions.append(
            day ~ " between date '" ~ first.isoformat() ~ "' and date '" ~ month_end(month) ~ "'"
        ) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') }})
{%- endmacro %}
