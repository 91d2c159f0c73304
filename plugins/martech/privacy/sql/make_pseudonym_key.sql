insert into `{{ key }}` (secret, created_at)
select
    concat(generate_uuid(), generate_uuid()) as secret,
    current_timestamp() as created_at
from unnest([1])
where (select count(*) from `{{ key }}`) = 0
