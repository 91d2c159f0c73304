select *
from `{{ results }}`
where checked_at >= @since and run_id = @run_id
-- Columns are monitored by a task of their own, which may be tried again alone.
qualify rank() over (partition by layer, check_name = 'monitor' order by checked_at desc) = 1
order by layer, table_name, check_name, column_name, checked_day
