select
    recorded_at,
    records,
    match_rate,
    error_code,
    error_message
from `{{ requests }}`
where sync_name = @sync_name and recorded_at >= @since
order by recorded_at desc
limit 20
