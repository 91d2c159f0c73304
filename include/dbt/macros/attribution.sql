{#- Every knob of attribution, with its unit. A dbt var `attribution_<name>` overrides one. -#}
{% macro attribution_setting(name) -%}
    {%- set defaults = {
        'lookback_days': 90,
        'session_gap_minutes': 30,
        'half_life_days': 7,
        'campaign_model': 'last_non_direct',
    } -%}
    {{ return(var('attribution_' ~ name, defaults[name])) }}
{%- endmacro %}

{#- The models, in the order of the columns of marketing_attribution. -#}
{% macro attribution_models() -%}
    {{ return([
        'first_touch', 'last_touch', 'last_non_direct', 'linear', 'time_decay', 'position_based', 'markov', 'shapley',
    ]) }}
{%- endmacro %}

{#- Markov and Shapley weights are fitted per calendar month of conversion, so whole months are restated: then a
    daily run, a rerun and a backfill give a closed month the same weights, whatever their order. -#}
{% macro attribution_start(lookback_days=0) -%}
    {%- set first = modules.datetime.date.fromisoformat(window_day('start_date'))
        - modules.datetime.timedelta(days=var('restatement_days') | int) -%}
    {%- set day = first.replace(day=1) - modules.datetime.timedelta(days=lookback_days | int) -%}
    date '{{ day.isoformat() }}'
{%- endmacro %}

{#- Last day of the month in which the window ends. -#}
{% macro attribution_end() -%}
    {%- set last = modules.datetime.date.fromisoformat(window_day('end_date')) -%}
    {%- set next_month = (last.replace(day=28) + modules.datetime.timedelta(days=4)).replace(day=1) -%}
    date '{{ (next_month - modules.datetime.timedelta(days=1)).isoformat() }}'
{%- endmacro %}
