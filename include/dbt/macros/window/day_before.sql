{% macro day_before(day, days) -%}
    date '{{ (modules.datetime.date.fromisoformat(day) - modules.datetime.timedelta(days=days | int)).isoformat() }}'
{%- endmacro %}
