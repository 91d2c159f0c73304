delete from `{{ outbox }}`
where
    sync_name = @sync_name
    and (
        action = 'forget'
        or (plan_id != @plan_id and action = 'reject')
        or (
            plan_id != @plan_id
            and record_key in (
                select record_key from `{{ outbox }}`
                where
                    sync_name = @sync_name
                    and plan_id = @plan_id
                    and action in ('add', 'change', 'remove')
            )
        )
    )
