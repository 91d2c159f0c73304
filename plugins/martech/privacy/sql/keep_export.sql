insert into `{{ exports }}` (request_id, person_hash, uri, table_count, row_count, exported_at, run_id)
select
    @request_id as request_id,
    to_hex(sha256(concat(max(salted.salt), @customer_id))) as person_hash,
    @uri as uri,
    @table_count as table_count,
    @row_count as row_count,
    current_timestamp() as exported_at,
    @run_id as run_id
from `{{ salts }}` as salted
