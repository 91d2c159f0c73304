{% macro window_partitions(lookback_days=0, first=none, last='window_end()') -%}
    {%- set first = first or 'window_start(' ~ lookback_days ~ ')' -%}
    {{ return(["{{ partition_days(" ~ first ~ ", " ~ last ~ ") | join(', ') }}"]) }}
{%- endmacro %}
