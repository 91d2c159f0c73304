{% macro identity_former_table(schema, name) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {{ return(load_relation(api.Relation.create(database=this.database, schema=schema, identifier=name))) }}
{%- endmacro %}
