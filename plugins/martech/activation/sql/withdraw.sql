delete from `{{ outbox }}`
where sync_name = @sync_name and plan_id = @plan_id
