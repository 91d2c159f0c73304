-- The newest row of each event, and whether the chain has ever published the day by itself.
select
    step,
    data_day,
    event,
    version,
    read_versions,
    row_counts,
    accepted_by,
    reason,
    logical_or(not is_ordered) over (partition by step, data_day, event) as is_due
from `{{ day_log }}`
where
    event_at >= @since
    and data_day >= @first
qualify row_number() over (partition by step, data_day, event order by event_at desc, version desc) = 1
order by event_at, step, data_day, event
