with expiries as (
    select
        table_name,
        max(
            if(option_name = 'partition_expiration_days', cast(option_value as float64), null)
        ) as expiration_days,
        logical_or(option_name = 'expiration_timestamp') as is_temporary
    from `{{ dataset }}.INFORMATION_SCHEMA.TABLE_OPTIONS`
    where option_name in ('partition_expiration_days', 'expiration_timestamp')
    group by table_name
),

partitioned as (
    select distinct table_name
    from `{{ dataset }}.INFORMATION_SCHEMA.COLUMNS`
    where is_partitioning_column = 'YES'
),

partitions as (
    select
        table_name,
        min(partition_id) as oldest
    from `{{ dataset }}.INFORMATION_SCHEMA.PARTITIONS`
    where regexp_contains(partition_id, r'^[0-9]+$')
    group by table_name
)

select
    tables.table_name,
    partitioned.table_name is not null as is_partitioned,
    expiries.expiration_days,
    partitions.oldest,
    coalesce(expiries.is_temporary, false) as is_temporary
from `{{ dataset }}.INFORMATION_SCHEMA.TABLES` as tables
left join expiries on tables.table_name = expiries.table_name
left join partitioned on tables.table_name = partitioned.table_name
left join partitions on tables.table_name = partitions.table_name
where tables.table_type = 'BASE TABLE'
order by tables.table_name
