{% macro window_start(lookback_days=0) -%}
    {%- set day = modules.datetime.date.fromisoformat(window_day('start_date')) -%}
    date '{{ (day - modules.datetime.timedelta(days=lookback_days | int)).isoformat() }}'
{%- endmacro %}
