{% macro window_end() -%}
    date '{{ modules.datetime.date.fromisoformat(window_day('end_date')).isoformat() }}'
{%- endmacro %}
