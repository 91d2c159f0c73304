{#- The run's window of data days, as DATE literals. Everything that is partitioned by day reads and
    writes only window_start(…) to window_end(). -#}

{#- A day of the window, `start_date` or `end_date`, as text: dbt's var of that name, else the environment's
    MARKETING_START_DATE or MARKETING_END_DATE, else yesterday. dbt parses anew where a var has changed, or a variable
    of the environment that it read while it parsed, so the environment is asked only when a statement is written. -#}
{% macro window_day(name) -%}
    {%- set given = var(name) | string -%}
    {%- if execute and not given -%}
        {%- set given = env_var('MARKETING_' ~ name | upper, '') -%}
    {%- endif -%}
    {{ return(given or (modules.datetime.date.today() - modules.datetime.timedelta(days=1)).isoformat()) }}
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

{#- The window's days with the late-arrival days before it, for `partitions` of insert_overwrite: a template, since
    dbt keeps a model's config from when it parsed it. -#}
{% macro window_partitions(lookback_days) -%}
    {{ return(["{{ partition_days(window_start(" ~ lookback_days ~ "), window_end()) | join(', ') }}"]) }}
{%- endmacro %}

{#- dbt's macro of that name, with the templates in `partitions` rendered for the run's window. -#}
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
