with scores as (
    select
        customer_id as entity,
        health_score as score,
        components
    from {{ ref('customer_health_scores') }}
    union all
    select
        lead_id as entity,
        lead_score as score,
        components
    from {{ ref('lead_scores') }}
)

select
    scores.entity,
    scores.score,
    sum(component.contribution) as contributions
from scores
cross join unnest(scores.components) as component
group by scores.entity, scores.score
having
    abs(scores.score - sum(component.contribution)) > 0.05 + 1e-6 -- the score is rounded to one digit
    or min(component.value) < 0
    or max(component.value) > 100
