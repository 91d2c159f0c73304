select
    table_name,
    column_name,
    data_type
from `{{ project }}.{{ dataset }}.INFORMATION_SCHEMA.COLUMNS`
-- Names without case and underscores; a table of one day without its day, one of an account without its account.
where regexp_replace(lower(replace(table_name, '_', '')), r'([0-9]{8}|[0-9]{10})$', '') in unnest(@names)
order by table_name, ordinal_position
