select *
from `{{ results }}`
where
    -- A day is never checked before it has ended.
    checked_at >= cast(@first as timestamp)
    and checked_day between @first and @last
    and check_name = 'volume'
qualify row_number() over (partition by table_name, checked_day order by checked_at desc) = 1
order by table_name, checked_day
