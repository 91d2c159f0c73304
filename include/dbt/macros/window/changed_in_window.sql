{% macro changed_in_window(day='date(synced_at)', lookback_days=0) -%}
    {%- if is_incremental() -%}
        {{ day }} between {{ window_start(lookback_days) }} and {{ window_end() }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
