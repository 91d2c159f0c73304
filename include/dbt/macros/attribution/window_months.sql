{% macro window_months() -%}
    {%- set first = modules.datetime.date.fromisoformat(window_day('start_date'))
        - modules.datetime.timedelta(days=var('restatement_days') | int) -%}
    {%- set last = modules.datetime.date.fromisoformat(window_day('end_date')) -%}
    {%- set months = [] -%}
    {%- for offset in range((last.year - first.year) * 12 + last.month - first.month + 1) -%}
        {%- set month = first.month - 1 + offset -%}
        {%- do months.append(modules.datetime.date(first.year + month // 12, month % 12 + 1, 1).isoformat()) -%}
    {%- endfor -%}
    {{ return(months) }}
{%- endmacro %}
