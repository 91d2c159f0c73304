select max(changelog.recorded_at) as recorded_at
from `{{ outbox }}` as outbox
inner join `{{ changelog }}` as changelog on outbox.record_key = changelog.record_key
where
    outbox.sync_name = @sync_name
    and outbox.plan_id = @plan_id
    and changelog.sync_name = @sync_name
    and changelog.plan_id != @plan_id
    and changelog.recorded_at > @since
