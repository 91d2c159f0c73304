{% macro weights_of(score, components) -%}
    select
        {%- for component in components %}
        max(if(component = '{{ component }}', weight, null)) as {{ component }},
        {%- endfor %}
        score
    from {{ ref('scoring_weights') }}
    where score = '{{ score }}'
    group by score
{%- endmacro %}
