-- Measures the storage of all tables now, and puts it in the place of what was measured for the day before.
merge into `{{ project_id }}.{{ ops_dataset }}.storage_costs` as costs
using (
    with stored as (
        select
            table_schema as dataset_id,
            table_name as table_id,
            coalesce(total_rows, 0) as total_rows,
            coalesce(active_logical_bytes, 0) as active_logical_bytes,
            coalesce(long_term_logical_bytes, 0) as long_term_logical_bytes
        from `{{ project_id }}.region-{{ location | lower }}.INFORMATION_SCHEMA.TABLE_STORAGE`
        where not deleted
    )

    select
        *,
        (
            cast(active_logical_bytes as numeric) * @active_storage_usd_per_gib_month
            + cast(long_term_logical_bytes as numeric) * @long_term_storage_usd_per_gib_month
        ) / 1073741824 / extract(day from last_day(@day, month)) as cost_usd
    from stored
) as measured
    on false
when not matched by source and costs.cost_day = @day then delete
when not matched then insert (
    cost_day, dataset_id, table_id, total_rows, active_logical_bytes, long_term_logical_bytes, cost_usd, measured_at
)
values (
    @day, measured.dataset_id, measured.table_id, measured.total_rows, measured.active_logical_bytes,
    measured.long_term_logical_bytes, measured.cost_usd, @measured_at
);
