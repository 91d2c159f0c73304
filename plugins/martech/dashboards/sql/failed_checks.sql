-- What the newest check of each layer found to be wrong.
with newest as (
    select *
    from `{{ results }}`
    where checked_at >= @since
    qualify rank() over (partition by layer order by checked_at desc) = 1
)

select
    table_name,
    check_name,
    column_name,
    severity,
    checked_day,
    message
from newest
where not passed
order by severity asc, table_name asc, check_name asc, checked_day desc
