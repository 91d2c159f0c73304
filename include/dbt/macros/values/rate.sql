{% macro rate(numerator, denominator) -%}
    cast(safe_divide({{ numerator }}, {{ denominator }}) as float64)
{%- endmacro %}
