select *
from `{{ scores }}`
where scored_at >= cast(@first as timestamp) and checked_day between @first and @last
qualify row_number() over (partition by layer, table_name, checked_day order by scored_at desc) = 1
order by layer, table_name, checked_day
