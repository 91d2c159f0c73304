{{ config(severity='warn') }}

-- What people have decided, and what came out otherwise: decisions that contradict each other, or would make one
-- customer of too many records. Whoever decided last should withdraw one (`decide_identity`).
select
    decisions.decision_id,
    decisions.decision,
    a.customer_id as customer_id_a,
    b.customer_id as customer_id_b
from {{ ref('int_identity__decisions') }} as decisions
inner join {{ ref('identity_map') }} as a on decisions.identity_key_a = a.identity_key
inner join {{ ref('identity_map') }} as b on decisions.identity_key_b = b.identity_key
where
    decisions.is_in_force
    and (a.customer_id = b.customer_id) != (decisions.decision = 'same_person')
