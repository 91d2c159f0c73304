select
    error_code,
    count(*) as records,
    min(record_key) as record_key,
    min(error_message) as message
from `{{ changelog }}`
where
    sync_name = @sync_name
    and plan_id = @plan_id
    and recorded_at >= @since
    and status = 'rejected'
group by error_code
order by records desc
limit 20
