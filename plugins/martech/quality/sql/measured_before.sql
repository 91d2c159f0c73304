-- The figures of the newest run that was let through, and of the tables that it compared.
select
    table_name,
    measure,
    amount
from `{{ measures }}`
where measured_at >= @since and dag_id = @dag_id and is_let_through
qualify measured_at = max(measured_at) over (partition by table_name)
