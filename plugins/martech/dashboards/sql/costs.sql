-- Cost of BigQuery's jobs by day and DAG.
select
    cost_day as day,
    coalesce(dag_id, 'no DAG') as dag,
    sum(cost_usd) as cost_usd
from `{{ costs }}`
where cost_day between @first and @last
group by day, dag
order by day, dag
