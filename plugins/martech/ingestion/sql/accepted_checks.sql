select distinct
    table_name,
    check_name,
    checked_day
from `{{ results }}`
where
    checked_day between @first and @last
    and table_name in unnest(@tables)
    and accepted_by is not null
