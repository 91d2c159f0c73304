{#- `+schema: silver` means the dataset that var `silver_dataset` names, the same in every environment. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ var(custom_schema_name ~ '_dataset') if custom_schema_name else target.schema }}
{%- endmacro %}
