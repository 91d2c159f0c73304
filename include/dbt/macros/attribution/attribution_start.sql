{% macro attribution_start() -%}
    date '{{ window_months()[0] }}'
{%- endmacro %}
