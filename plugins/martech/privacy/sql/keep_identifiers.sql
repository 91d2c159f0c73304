insert into `{{ identifiers }}` (request_id, kind, value, requested_at)
select
    request_id,
    kind,
    value,
    current_timestamp() as requested_at
from (
    {% include "privacy/sql/identifiers_of_person.sql" %}
)
