select
    any_value(requests.identifier_count) as expected,
    count(identifiers.value) as found
from `{{ requests }}` as requests
left join `{{ identifiers }}` as identifiers on requests.request_id = identifiers.request_id
where requests.request_id = @request_id
