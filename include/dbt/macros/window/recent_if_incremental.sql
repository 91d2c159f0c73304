{% macro recent_if_incremental(day) -%}
    {{ day }} >= {{ recent_start() if is_incremental() else "date '0001-01-01'" }}
{%- endmacro %}
