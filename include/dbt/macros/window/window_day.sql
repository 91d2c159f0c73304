{% macro window_day(name) -%}
    {%- set given = var(name) | string -%}
    {%- if execute and not given -%}
        {%- set given = env_var('MARKETING_' ~ name | upper, '') -%}
    {%- endif -%}
    {{ return(given or (modules.datetime.date.today() - modules.datetime.timedelta(days=1)).isoformat()) }}
{%- endmacro %}
