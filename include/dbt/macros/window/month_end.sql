{% macro month_end(month) -%}
    {%- set first = modules.datetime.date.fromisoformat(month) -%}
    {%- set next_month = (first.replace(day=28) + modules.datetime.timedelta(days=4)).replace(day=1) -%}
    {{ return((next_month - modules.datetime.timedelta(days=1)).isoformat()) }}
{%- endmacro %}
