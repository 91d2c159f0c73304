select
    error_code,
    count(*) as records,
    min(first_failed_at) as since,
    min(error_message) as message
from `{{ dead_letters }}`
where sync_name = @sync_name
group by error_code
order by records desc, error_code asc
limit 20
