{% macro bigquery__get_where_subquery(relation) -%}
    {%- set conditions = ['(' ~ config.get('where') ~ ')'] if config.get('where') else [] -%}
    {%- for node in graph.get('nodes', {}).values()
        if node.resource_type == 'model'
        and node.schema == relation.schema
        and node.alias == relation.identifier
        and node.config.get('require_partition_filter') -%}
        {%- set field = node.config.partition_by['field'] -%}
        {%- do conditions.append('(' ~ field ~ " >= '0001-01-01' or " ~ field ~ ' is null)') -%}
    {%- endfor -%}
    {%- if not conditions -%}
        {{ return(relation) }}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as dbt_subquery') }}
{%- endmacro %}
