select
    table_name,
    column_name,
    data_type
from `{{ project }}.{{ dataset }}.INFORMATION_SCHEMA.COLUMNS`
where table_name in unnest(@tables)
order by table_name, ordinal_position
