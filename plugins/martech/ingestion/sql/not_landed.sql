-- What synced before the first day that has ever landed: no landing has taken it.
select
    count(*) as older_rows,
    min(date({{ synced }})) as first_day
from `{{ connector_table }}`
where
    {{ synced }} < timestamp(@first)
    and not exists (
        select 1 from `{{ table }}`
        where {{ field }} < cast(@first as {{ kind }})
    )
