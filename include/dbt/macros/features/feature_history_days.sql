{% macro feature_history_days() -%}
    {{ return(feature_windows().values() | map('max') | max) }}
{%- endmacro %}
