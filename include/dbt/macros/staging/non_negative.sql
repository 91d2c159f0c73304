{% macro non_negative(column) -%}
    if({{ column }} >= 0, {{ column }}, null)
{%- endmacro %}
