{#- The days from `first` to `last` (DATE literals, as window_start() and window_end() give them), as the list
    that `partitions` of an insert_overwrite model wants: a day that has become empty is emptied too. -#}
{% macro partition_days(first, last) -%}
    {%- set start = modules.datetime.date.fromisoformat(first.strip()[6:16]) -%}
    {%- set end = modules.datetime.date.fromisoformat(last.strip()[6:16]) -%}
    {%- set days = [] -%}
    {%- for offset in range((end - start).days + 1) -%}
        {%- do days.append("date '" ~ (start + modules.datetime.timedelta(days=offset)).isoformat() ~ "'") -%}
    {%- endfor -%}
    {{ return(days) }}
{%- endmacro %}

{#- For tables of current state, as `partitions` of an insert_overwrite model: true for every row of the table, so
    that dbt's one MERGE replaces all rows and keeps the table itself, with its grants, row policies and the
    materialized views on it. -#}
{% macro all_partitions(field) -%}
    {{ return(['dbt_internal_dest.' ~ field]) }}
{%- endmacro %}
