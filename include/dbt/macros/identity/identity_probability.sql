{% macro identity_probability(bits) -%}
    1 / (1 + pow(2, -{{ bits }}))
{%- endmacro %}
