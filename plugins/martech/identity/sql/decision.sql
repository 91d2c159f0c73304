select
    identity_key_a,
    identity_key_b,
    decision,
    withdrawn_at is null as is_in_force
from `{{ decisions }}`
where decision_id = @decision_id
