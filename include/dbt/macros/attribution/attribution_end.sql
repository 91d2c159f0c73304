{% macro attribution_end() -%}
    {%- set last = modules.datetime.date.fromisoformat(window_day('end_date')) -%}
    {%- set next_month = (last.replace(day=28) + modules.datetime.timedelta(days=4)).replace(day=1) -%}
    date '{{ (next_month - modules.datetime.timedelta(days=1)).isoformat() }}'
{%- endmacro %}
