{% macro health_components() -%}
    {{ return(['recency', 'frequency', 'engagement', 'activity', 'messaging', 'support']) }}
{%- endmacro %}
