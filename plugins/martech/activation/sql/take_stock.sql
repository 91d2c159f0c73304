insert into `{{ changelog }}` (
    recorded_at, sync_name, run_id, plan_id, record_key, action, status, content_hash, changed_fields
)
select
    planned_at,
    sync_name,
    run_id,
    plan_id,
    record_key,
    action,
    'sent' as status,
    content_hash,
    changed_fields
from `{{ outbox }}`
where sync_name = @sync_name and plan_id = @plan_id and action = 'add' and record_key != @record_key
