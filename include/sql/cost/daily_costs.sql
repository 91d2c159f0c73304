-- Cost by day and DAG; storage and jobs that no task sent have names of their own. STRING keeps every decimal.
with jobs as (
    select
        cost_day,
        coalesce(dag_id, '(no task)') as spender,
        cost_usd
    from `{{ project_id }}.{{ ops_dataset }}.job_costs`
    where cost_day between @first_day and @last_day
),

storage as (
    select
        cost_day,
        '(storage)' as spender,
        cost_usd
    from `{{ project_id }}.{{ ops_dataset }}.storage_costs`
    where cost_day between @first_day and @last_day
),

final as (
    select * from jobs
    union all
    select * from storage
)

select
    cost_day,
    spender,
    cast(sum(cost_usd) as string) as cost_usd
from final
group by cost_day, spender
order by cost_day, spender;
