{% macro recent_start() -%}
    {{ window_start(90 + silent_days()) }}
{%- endmacro %}
