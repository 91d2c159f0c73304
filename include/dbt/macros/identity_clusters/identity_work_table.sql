{% macro identity_work_table(name) -%}
    {%- if not execute %}{{ return(name) }}{% endif -%}
    {{ return(api.Relation.create(
        database=this.database, schema=this.schema, identifier=this.identifier ~ '__' ~ name, type='table'
    )) }}
{%- endmacro %}
