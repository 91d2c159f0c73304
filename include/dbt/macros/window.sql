{#- The run's window of data days, as DATE literals. Everything that is partitioned by day reads and
    writes only window_start(…) to window_end(). -#}

{% macro window_day(name) -%}
    {{ return((var(name) | string) or (modules.datetime.date.today() - modules.datetime.timedelta(days=1)).isoformat()) }}
{%- endmacro %}

{#- First day of the window, `lookback_days` earlier where late rows or restated facts count. -#}
{% macro window_start(lookback_days=0) -%}
    {%- set day = modules.datetime.date.fromisoformat(window_day('start_date')) -%}
    date '{{ (day - modules.datetime.timedelta(days=lookback_days | int)).isoformat() }}'
{%- endmacro %}

{#- For how many days silver may have got nothing new at all before figures that count from its newest day, and not
    from the window, miss the first days of their own window. -#}
{% macro silent_days() -%}
    {{ return(30) }}
{%- endmacro %}

{#- First day of the 90 days that customers' recent figures count, for any newest day of silver. -#}
{% macro recent_start() -%}
    {{ window_start(90 + silent_days()) }}
{%- endmacro %}

{% macro window_end() -%}
    date '{{ modules.datetime.date.fromisoformat(window_day('end_date')).isoformat() }}'
{%- endmacro %}
