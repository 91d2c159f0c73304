select
    outbox.sync_name, outbox.run_id, outbox.plan_id, outbox.record_key, outbox.person_key,
    outbox.action, outbox.content_hash, outbox.field_hashes, outbox.shown, outbox.payload,
    concat(
        coalesce(outbox.payload, ''), '{{ separator }}', coalesce(outbox.stale_identifiers, '')
    ) as identifiers,
    changelog.status, changelog.error_code, changelog.error_message, changelog.is_transient,
    changelog.recorded_at,
    logical_or(changelog.status = 'accepted') over (partition by outbox.record_key) as was_accepted
from `{{ outbox }}` as outbox
inner join `{{ changelog }}` as changelog
    on
        outbox.plan_id = changelog.plan_id
        and outbox.record_key = changelog.record_key
where
    outbox.sync_name = @sync_name
    and changelog.sync_name = @sync_name
    and changelog.recorded_at >= @since
qualify row_number() over (
    partition by outbox.record_key order by changelog.recorded_at desc, outbox.planned_at desc
) = 1
