{% macro bq_static_insert_overwrite_sql(
    tmp_relation, target_relation, sql, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions
) -%}
    {%- set days = [] -%}
    {%- for partition in partitions -%}
        {%- do days.append(render(partition)) -%}
    {%- endfor -%}
    {{ return(dbt.bq_static_insert_overwrite_sql(
        tmp_relation, target_relation, sql, partition_by, days, dest_columns, tmp_relation_exists, copy_partitions
    )) }}
{%- endmacro %}
