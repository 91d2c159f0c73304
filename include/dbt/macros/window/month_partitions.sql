{% macro month_partitions(months) -%}
    {%- set days = [] -%}
    {%- for month in months -%}
        {%- set end = modules.datetime.date.fromisoformat(month_end(month)) -%}
        {%- for day in range(1, end.day + 1) -%}
            {%- do days.append("date '" ~ end.replace(day=day).isoformat() ~ "'") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(days | join(', ')) }}
{%- endmacro %}
