{% macro former_rows(sql) -%}
    {%- if not execute or model.resource_type == 'unit_test' -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query = namespace(sql=sql) -%}
    {%- for name in modules.re.findall('<([a-z_0-9.]+)>', sql) -%}
        {%- set layer, identifier = name.split('.') -%}
        {%- set relation = load_relation(api.Relation.create(
            database=target.database, schema=generate_schema_name(layer, none), identifier=identifier
        )) -%}
        {%- if relation is none -%}
            {{ return([]) }}
        {%- endif -%}
        {%- set query.sql = query.sql | replace('<' ~ name ~ '>', relation | string) -%}
    {%- endfor -%}
    {{ return(run_query(query.sql).rows | list) }}
{%- endmacro %}
