insert into `{{ decisions }}` (
    decision_id, identity_key_a, identity_key_b, decision, decided_by, reason, decided_at, run_id
)
select
    @decision_id as decision_id,
    @identity_key_a as identity_key_a,
    @identity_key_b as identity_key_b,
    @decision as decision,
    @decided_by as decided_by,
    @reason as reason,
    current_timestamp() as decided_at,
    @run_id as run_id
from unnest([@decision_id]) as new_id
where new_id not in (select kept.decision_id from `{{ decisions }}` as kept)
