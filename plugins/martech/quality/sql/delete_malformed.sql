delete from `{{ table }}` as raw
where
    {{ days }}
    and {{ reason }} is not null
    and to_hex(sha256(to_json_string(raw))) in (
        select kept.row_hash from `{{ quarantine }}` as kept
        where kept.table_name = @table_name and kept.status = 'quarantined'
    )
