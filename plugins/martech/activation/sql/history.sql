select
    date(finished_at) as day,
    array_agg(in_destination order by finished_at desc limit 1)[safe_offset(0)] as in_destination
from `{{ runs }}`
where sync_name = @sync_name and destination = @destination and finished_at >= @since
group by day
order by day
