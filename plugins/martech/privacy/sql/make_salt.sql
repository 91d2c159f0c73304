insert into `{{ salts }}` (salt, created_at)
select
    concat(generate_uuid(), generate_uuid()) as salt,
    current_timestamp() as created_at
from unnest([1])
where (select count(*) from `{{ salts }}`) = 0
