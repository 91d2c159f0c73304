select *
from `{{ dbt_results }}`
-- A day is never built before it has begun.
where finished_at >= cast(@day as timestamp) and @day between first_day and last_day
qualify row_number() over (partition by dag_id, node_id order by finished_at desc) = 1
order by dag_id asc, seconds desc
