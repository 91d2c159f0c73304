{% macro days_since(day, as_of='as_of_date') -%}
    date_diff({{ as_of }}, {{ day }}, day)
{%- endmacro %}
