{% macro identity_scripts_differ(a, b) -%}
    regexp_contains({{ a }}, r'[a-z]') != regexp_contains({{ b }}, r'[a-z]')
{%- endmacro %}
