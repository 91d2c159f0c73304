{# Unit tests give all rows themselves: nobody objects there. #}
{% macro objections() -%}
    {%- if execute and model.resource_type != 'unit_test' -%}
        {{ return(load_relation(api.Relation.create(
            database=target.project, schema=var('ops_dataset'), identifier='objections'
        ))) }}
    {%- endif -%}
{%- endmacro %}
