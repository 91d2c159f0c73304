{% macro has_rate_of(currency, day, rates='rates') -%}
    {{ currency }} = {{ rates }}.currency
    and {{ day }} >= {{ rates }}.valid_from
    and ({{ day }} < {{ rates }}.valid_before or {{ rates }}.valid_before is null)
{%- endmacro %}
