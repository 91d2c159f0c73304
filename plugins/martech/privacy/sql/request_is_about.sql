with salted as (
    select max(salt) as salt
    from `{{ salts }}`
),

named as (
    select to_hex(sha256(concat(salted.salt, name))) as name_hash
    from salted
    cross join unnest(@names) as name
),

known as (
    select person_hash as name_hash
    from `{{ requests }}`
    where request_id = @request_id
    union distinct
    select selector_hash as name_hash
    from `{{ requests }}`
    where request_id = @request_id
    union distinct
    select identity_hash as name_hash
    from `{{ suppressed }}`
    where request_id = @request_id
)

select count(*) > 0 as is_about
from named
inner join known on named.name_hash = known.name_hash
