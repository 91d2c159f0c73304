{% macro lead_components() -%}
    {{ return(['budget', 'authority', 'need', 'timeline', 'source', 'company', 'intent']) }}
{%- endmacro %}
