{% macro day_after_window() -%}
    {%- set last = modules.datetime.date.fromisoformat(window_day('end_date')) -%}
    date '{{ (last + modules.datetime.timedelta(days=1)).isoformat() }}'
{%- endmacro %}
