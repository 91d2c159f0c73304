select min(planned_at) as planned_at from `{{ outbox }}`
where sync_name = @sync_name
