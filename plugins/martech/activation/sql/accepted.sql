select
    changelog.reference,
    min(changelog.recorded_at) as accepted_at
from `{{ outbox }}` as outbox
inner join `{{ changelog }}` as changelog
    on
        outbox.plan_id = changelog.plan_id
        and outbox.record_key = changelog.record_key
where
    outbox.sync_name = @sync_name
    and changelog.sync_name = @sync_name
    and changelog.recorded_at >= @since
    and changelog.status = 'accepted'
group by changelog.reference
order by accepted_at
