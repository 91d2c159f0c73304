insert into `{{ requests }}` (
    request_id, person_hash, selector_hash, status, identity_count, identifier_count, requested_at, run_id
)
select
    @request_id as request_id,
    to_hex(sha256(concat((select max(salted.salt) from `{{ salts }}` as salted), @customer_id))) as person_hash,
    to_hex(sha256(concat((select max(salted.salt) from `{{ salts }}` as salted), @selector))) as selector_hash,
    'requested' as status,
    countif(kind = 'identity') as identity_count,
    count(*) as identifier_count,
    current_timestamp() as requested_at,
    @run_id as run_id
from `{{ identifiers }}`
where request_id = @request_id
