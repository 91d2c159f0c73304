{% macro weighted_components(relation, keys, score, components) -%}
    select
        {% for key in keys %}{{ relation }}.{{ key }},
        {% endfor -%}
        scored.component,
        weights.weight,
        scored.value,
        weights.weight * scored.value as contribution,
        weights.weight * (100 - scored.value) as missing,
    from {{ relation }}
    cross join unnest([
        {%- for component in components %}
        struct('{{ component }}' as component, cast({{ relation }}.{{ component }}_score as float64) as value)
        {{- ',' if not loop.last }}
        {%- endfor %}
    ]) as scored
    inner join {{ ref('scoring_weights') }} as weights
        on scored.component = weights.component and weights.score = '{{ score }}'
{%- endmacro %}
