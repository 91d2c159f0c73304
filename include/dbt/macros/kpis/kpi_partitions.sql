{% macro kpi_partitions() -%}
    {%- set days = kpi_days() -%}
    {{ return(partition_days("date '" ~ days.first ~ "'", "date '" ~ days.last ~ "'") | join(', ')) }}
{%- endmacro %}
