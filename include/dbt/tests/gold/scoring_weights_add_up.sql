-- The weights of a score add up to 1, and its components are those that the models compute.
{%- set declared = dict(customer_score_components(), health=health_components(), lead=lead_components()) %}
select
    score,
    sum(weight) as total_weight
from {{ ref('scoring_weights') }}
group by score
having
    {%- for name, components in declared.items() %}
    (score = '{{ name }}' and countif(component in unnest({{ components }})) != {{ components | length }})
    or
    {%- endfor %}
    abs(sum(weight) - 1) > 1e-9
