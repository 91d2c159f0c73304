delete from `{{ dead_letters }}`
where
    sync_name = @sync_name
    and record_key in (
        select record_key from `{{ outbox }}`
        where sync_name = @sync_name and plan_id = @plan_id and action = 'forget'
    )
