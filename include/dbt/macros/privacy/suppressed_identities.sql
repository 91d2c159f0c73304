{% macro suppressed_identities() -%}
    {%- if execute -%}
        {{ return(load_relation(api.Relation.create(
            database=target.project, schema=var('ops_dataset'), identifier='suppressed_identities'
        ))) }}
    {%- endif -%}
{%- endmacro %}
