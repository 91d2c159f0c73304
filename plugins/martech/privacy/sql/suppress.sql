insert into `{{ suppressed }}` (identity_hash, salt_id, request_id, suppressed_at)
with salted as (
    select max(salt) as salt
    from `{{ salts }}`
),

recognised as (
    {% for kind, prefix in suppressed_kinds %}
    select concat('{{ prefix }}', value) as identity_key
    from `{{ identifiers }}`
    where request_id = @request_id and kind = '{{ kind }}'
    {% if not loop.last %}union distinct{% endif %}
    {% endfor %}
)

select
    to_hex(sha256(concat(salted.salt, recognised.identity_key))) as identity_hash,
    to_hex(md5(salted.salt)) as salt_id,
    @request_id as request_id,
    current_timestamp() as suppressed_at
from recognised
cross join salted
