merge into `{{ quarantine }}` as kept
using (
    select
        to_hex(sha256(checked.row_json)) as row_hash,
        checked.row_json,
        checked.reason,
        checked.day,
        count(*) as copies
    from (
        select
            to_json_string(raw) as row_json,
            {{ reason }} as reason,
            cast(raw.{{ partition_field }} as date) as day
        from `{{ table }}` as raw
        where {{ days }}
    ) as checked
    where checked.reason is not null
    group by row_hash, row_json, reason, day
) as found
    on kept.table_name = @table_name and kept.row_hash = found.row_hash
when matched then
    update
        set
            copies = if(kept.status = 'quarantined', greatest(kept.copies, found.copies), found.copies),
            status = 'quarantined'
when not matched then
    insert (
        table_name, row_hash, row_json, copies, reason, partition_day, status, quarantined_at, quarantined_run_id
    )
    values (
        @table_name, found.row_hash, found.row_json, found.copies, found.reason, found.day, 'quarantined', @now, @run_id
    )
