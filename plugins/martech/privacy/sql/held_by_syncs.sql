select
    sync_name,
    count(*) as held
from `{{ state }}`
where {{ belongs }}
group by sync_name
