select distinct
    sync_name,
    concat(error_code, ': ', coalesce(error_message, 'no message')) as reason
from `{{ dead_letters }}`
where action = 'remove' and ({{ belongs }})
order by sync_name, reason
