{% macro partition_days(first, last) -%}
    {%- set start = modules.datetime.date.fromisoformat(first.strip()[6:16]) -%}
    {%- set end = modules.datetime.date.fromisoformat(last.strip()[6:16]) -%}
    {%- set days = [] -%}
    {%- for offset in range((end - start).days + 1) -%}
        {%- do days.append("date '" ~ (start + modules.datetime.timedelta(days=offset)).isoformat() ~ "'") -%}
    {%- endfor -%}
    {{ return(days) }}
{%- endmacro %}
