{% macro recent_start() -%}
    {{ window_start(90 + var('silent_days')) }}
{%- endmacro %}
