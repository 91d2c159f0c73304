update `{{ objections }}`
set
    withdrawn_at = current_timestamp(),
    run_id = @run_id
where
    purpose = @purpose
    and withdrawn_at is null
    and identity_key in (
        select person.value
        from (
            {{ person }}
        ) as person
        where person.kind = 'identity'
    )
