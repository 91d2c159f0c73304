{% macro exact_sum(column) -%}
    cast(sum(cast({{ column }} as numeric)) as float64)
{%- endmacro %}
