{% macro attribution_end() -%}
    date '{{ month_end(window_day('end_date')) }}'
{%- endmacro %}
