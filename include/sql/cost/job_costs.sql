-- Measures the jobs of one day and puts them in the place of what was measured for it before, in one statement, so
-- that nobody ever reads half a day.
merge into `{{ project_id }}.{{ ops_dataset }}.job_costs` as costs
using (
    with ended as (
        select
            job_type,
            user_email,
            error_result,
            reservation_id,
            (
                select label.value from unnest(jobs.labels) as label
                where label.key = 'airflow-dag'
            ) as dag_id,
            (
                select label.value from unnest(jobs.labels) as label
                where label.key = 'airflow-task'
            ) as task_id,
            (
                select label.value from unnest(jobs.labels) as label
                where label.key = 'dbt-model'
            ) as dbt_model,
            coalesce(total_bytes_processed, 0) as bytes_processed,
            coalesce(total_bytes_billed, 0) as bytes_billed,
            coalesce(total_slot_ms, 0) as slot_ms
        from `{{ project_id }}.region-{{ location | lower }}.INFORMATION_SCHEMA.JOBS_BY_PROJECT` as jobs
        where
            creation_time >= timestamp(@day)
            and creation_time < timestamp(date_add(@day, interval 1 day))
            and state = 'DONE'
            -- A script's row has the sums of its statements, and its labels.
            and parent_job_id is null
    )

    select
        dag_id,
        task_id,
        dbt_model,
        user_email,
        job_type,
        count(*) as jobs,
        countif(error_result is not null) as failed_jobs,
        sum(bytes_processed) as bytes_processed,
        sum(bytes_billed) as bytes_billed,
        sum(slot_ms) as slot_ms,
        sum(
            if(
                reservation_id is null,
                cast(bytes_billed as numeric) * @on_demand_usd_per_tib / 1099511627776,
                cast(slot_ms as numeric) * @slot_usd_per_hour / 3600000
            )
        ) as cost_usd
    from ended
    group by dag_id, task_id, dbt_model, user_email, job_type
) as measured
    on false
when not matched by source and costs.cost_day = @day then delete
when not matched then insert (
    cost_day, dag_id, task_id, dbt_model, user_email, job_type, jobs, failed_jobs, bytes_processed, bytes_billed,
    slot_ms, cost_usd, measured_at
)
values (
    @day, measured.dag_id, measured.task_id, measured.dbt_model, measured.user_email, measured.job_type, measured.jobs,
    measured.failed_jobs, measured.bytes_processed, measured.bytes_billed, measured.slot_ms, measured.cost_usd,
    @measured_at
);
