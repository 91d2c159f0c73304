select
    table_name,
    partition_id,
    total_rows
from `{{ project }}.{{ dataset }}.INFORMATION_SCHEMA.PARTITIONS`
where
    table_name in unnest(@tables)
    and length(partition_id) = 8
    and partition_id between @first_partition and @last_partition
