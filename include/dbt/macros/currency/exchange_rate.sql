{% macro exchange_rate(currency, rates='rates') -%}
    if({{ currency }} = '{{ var('reporting_currency') }}', 1, {{ rates }}.rate)
{%- endmacro %}
