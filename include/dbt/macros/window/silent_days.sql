{% macro silent_days() -%}
    {{ return(30) }}
{%- endmacro %}
