with syncs_with_a_run as (
    select runs.sync_name
    from `{{ runs }}` as runs
    inner join `{{ requests }}` as requests on runs.planned_at > requests.requested_at
    where requests.request_id = @request_id
)

select sync_name
from unnest(@syncs) as sync_name
where sync_name not in (select syncs_with_a_run.sync_name from syncs_with_a_run)
order by sync_name
