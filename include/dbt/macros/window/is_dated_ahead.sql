{% macro is_dated_ahead(happened_at) -%}
    coalesce({{ happened_at }} > timestamp_add(synced_at, interval 1 day), false)
{%- endmacro %}
