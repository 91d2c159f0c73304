-- The newest run of each sync.
select
    sync_name,
    destination,
    status,
    sent,
    rejected,
    pending,
    in_destination,
    dead_letters,
    finished_at
from `{{ runs }}`
where finished_at >= @since
qualify row_number() over (partition by sync_name order by finished_at desc) = 1
order by sync_name
