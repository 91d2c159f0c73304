{% macro is_disqualified(status) -%}
    regexp_contains(lower(coalesce({{ status }}, '')), r'unqualified|not converted|disqualified')
{%- endmacro %}
