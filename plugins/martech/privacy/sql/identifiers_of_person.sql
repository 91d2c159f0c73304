select
    @request_id as request_id,
    kind,
    value
from (
    {{ person }}
)
