{% macro sum_of_shares(column) -%}
    sum(cast(round(1e9 * {{ column }}) as int64)) / 1e9
{%- endmacro %}
