{% macro attribution_start(lookback_days=0) -%}
    {%- set first = modules.datetime.date.fromisoformat(window_day('start_date'))
        - modules.datetime.timedelta(days=var('restatement_days') | int) -%}
    {%- set day = first.replace(day=1) - modules.datetime.timedelta(days=lookback_days | int) -%}
    date '{{ day.isoformat() }}'
{%- endmacro %}
