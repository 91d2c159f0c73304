{% macro weighted_score(components, weights, scale) -%}
    {#- In percent: FLOAT64 holds 30 exactly and 0.3 does not, which decides how a tie is rounded. -#}
    {{ scale }} * (
        {%- for component in components %}
        {{ '+ ' if not loop.first }}round(100 * {{ weights }}.{{ component }}, 6)
        * greatest(0.0, least(1.0, coalesce(components.{{ component }}, 0.0)))
        {%- endfor %}
    ) / 100
{%- endmacro %}
