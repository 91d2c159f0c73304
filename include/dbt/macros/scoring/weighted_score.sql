{% macro weighted_score(weights, scale) -%}
    {{ scale }} * (
        {%- for component, weight in weights.items() %}
        {{ '+ ' if not loop.first }}{{ weight }} * greatest(0.0, least(1.0, coalesce({{ component }}, 0.0)))
        {%- endfor %}
    ) / {{ weights.values() | sum }}
{%- endmacro %}
