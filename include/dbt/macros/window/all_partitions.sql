{% macro all_partitions(field) -%}
    {{ return(['dbt_internal_dest.' ~ field]) }}
{%- endmacro %}
