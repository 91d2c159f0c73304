{% macro is_nurtured(status) -%}
    regexp_contains(lower(coalesce({{ status }}, '')), r'nurtur')
{%- endmacro %}
