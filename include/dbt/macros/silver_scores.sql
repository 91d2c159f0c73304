{#- A score from weighted components, each clamped to 0–1 and null taken as 0. `weights`: component → weight;
    a component is a column of that name. The result is between 0 and `scale`. -#}
{% macro weighted_score(weights, scale) -%}
    {{ scale }} * (
        {%- for component, weight in weights.items() %}
        {{ '+ ' if not loop.first }}{{ weight }} * greatest(0.0, least(1.0, coalesce({{ component }}, 0.0)))
        {%- endfor %}
    ) / {{ weights.values() | sum }}
{%- endmacro %}

{#- Days from `day` to `as_of`; null where `day` is null. -#}
{% macro days_since(day, as_of='as_of_date') -%}
    date_diff({{ as_of }}, {{ day }}, day)
{%- endmacro %}
