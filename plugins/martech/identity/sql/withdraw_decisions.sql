update `{{ decisions }}`
set
    withdrawn_at = current_timestamp(),
    run_id = @run_id
where
    identity_key_a = @identity_key_a
    and identity_key_b = @identity_key_b
    and withdrawn_at is null
    and decision_id != @kept_decision_id
