delete from `{{ outbox }}` as outbox
where
    outbox.sync_name = @sync_name
    and exists (
        select 1 from `{{ changelog }}` as changelog
        where
            changelog.plan_id = outbox.plan_id
            and changelog.record_key = outbox.record_key
            and changelog.sync_name = @sync_name
            and changelog.recorded_at >= @since
            and changelog.status != 'accepted'
    )
