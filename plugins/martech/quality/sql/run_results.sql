select *
from `{{ results }}`
where checked_at >= @since and run_id = @run_id
qualify rank() over (partition by layer order by checked_at desc) = 1
order by layer, table_name, check_name, column_name, checked_day
