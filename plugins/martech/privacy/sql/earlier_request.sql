with salted as (
    select to_hex(sha256(concat(max(salt), @value))) as value_hash
    from `{{ salts }}`
)

select
    requests.request_id,
    requests.status
from `{{ requests }}` as requests
cross join salted
where
    requests.person_hash = salted.value_hash
    or requests.request_id in (
        select suppressed.request_id
        from `{{ suppressed }}` as suppressed
        where suppressed.identity_hash = salted.value_hash
    )
order by requests.requested_at desc
limit 1
