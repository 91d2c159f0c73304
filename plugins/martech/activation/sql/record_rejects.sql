insert into `{{ changelog }}` (
    recorded_at, sync_name, run_id, plan_id, record_key, action, status, content_hash,
    error_code, error_message
)
select
    planned_at,
    sync_name,
    run_id,
    plan_id,
    record_key,
    action,
    'rejected' as status,
    content_hash,
    split(reject_reason, ':')[offset(0)] as error_code,
    reject_reason as error_message
from `{{ outbox }}`
where sync_name = @sync_name and plan_id = @plan_id and action = 'reject'
