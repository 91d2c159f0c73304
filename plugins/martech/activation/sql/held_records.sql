with held as (
    select
        sync_name,
        record_key
    from `{{ state }}`
    union distinct
    select
        sync_name,
        record_key
    from `{{ outbox }}`
    where action in ('add', 'change', 'remove')
)

select
    sync_name,
    count(*) as records
from held
group by sync_name
