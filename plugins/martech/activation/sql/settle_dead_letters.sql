merge into `{{ dead_letters }}` as dead
using (
    select * from ({% include "activation/sql/settle_results.sql" %})
    where status in ('sent', 'rejected')
) as result
    on dead.sync_name = result.sync_name and dead.record_key = result.record_key
when matched and result.status = 'sent' then delete
when matched then
    update
        set
            action = result.action, content_hash = result.content_hash, error_code = result.error_code,
            error_message = result.error_message, is_transient = result.is_transient,
            last_failed_at = result.recorded_at, run_id = result.run_id
when not matched and result.status = 'rejected' then
    insert (
        sync_name, record_key, action, content_hash, error_code, error_message, is_transient,
        first_failed_at, last_failed_at, run_id
    )
    values (
        result.sync_name, result.record_key, result.action, result.content_hash, result.error_code,
        result.error_message, result.is_transient, result.recorded_at, result.recorded_at, result.run_id
    )
