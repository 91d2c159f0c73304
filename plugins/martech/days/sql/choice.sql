-- The days that a run chose last: it keeps them when it is cleared.
select
    data_day,
    is_ordered
from `{{ day_log }}`
where
    event_at >= @since
    and event = 'chosen'
    and dag_id = @dag_id
    and run_id = @run_id
qualify rank() over (order by event_at desc) = 1
order by data_day
