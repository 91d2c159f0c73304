-- A step of its own: a parameter in a grouped expression is not seen as the same one twice.
select
    rows_read.*,
    {{ day }} as checked_day
from `{{ table }}` as rows_read
where {{ checked }}
