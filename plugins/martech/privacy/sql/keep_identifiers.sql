insert into `{{ identifiers }}` (request_id, kind, value, requested_at)
select
    @request_id as request_id,
    kind,
    value,
    current_timestamp() as requested_at
from (
    {{ person }}
)
