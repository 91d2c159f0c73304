select
    parsed.row_hash,
    parsed.copies,
    parsed.raw,
    cast(parsed.raw.{{ partition_field }} as date) as day,
    if({{ misfits }}, 'a value does not fit its type', {{ reason }}) as reason
from (
    select
        kept.row_hash,
        kept.row_json,
        kept.copies,
        struct({{ parsed_columns }}) as raw
    from `{{ quarantine }}` as kept
    where kept.table_name = @table_name and kept.status = 'quarantined'
) as parsed
