{% macro latest(value, by) -%}
    array_agg({{ value }} ignore nulls order by {{ by }} desc, {{ value }} limit 1)[safe_offset(0)]
{%- endmacro %}
