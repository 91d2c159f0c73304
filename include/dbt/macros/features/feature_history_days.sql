{% macro feature_history_days() -%}
    {{ return(365) }}
{%- endmacro %}
