select
    requests.request_id,
    requests.status,
    timestamp_diff(current_timestamp(), requests.requested_at, day) as days,
    requests.identifier_count as expected,
    count(identifiers.value) as found
from `{{ requests }}` as requests
left join `{{ identifiers }}` as identifiers on requests.request_id = identifiers.request_id
where requests.status != 'proven'
group by requests.request_id, requests.status, requests.requested_at, requests.identifier_count
order by requests.requested_at
