select count(*) as records
from `{{ outbox }}` as outbox
left join `{{ dead_letters }}` as dead_letters
    on
        outbox.sync_name = dead_letters.sync_name
        and outbox.record_key = dead_letters.record_key
        and outbox.action = dead_letters.action
where
    outbox.sync_name = @sync_name
    and outbox.plan_id = @plan_id
    and outbox.action = 'remove'
    and (outbox.is_erasure or dead_letters.record_key is not null)
