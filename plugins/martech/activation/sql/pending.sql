with partly_failed as (
    select
        record_key,
        count(*) as suspected
    from `{{ changelog }}`
    where
        sync_name = @sync_name
        and recorded_at >= @since_intents
        and status in ('unconfirmed', 'rejected')
        and error_code = '{{ partial_success }}'
    group by record_key
)
{%- if by_occurrence %},

-- What happened to a record since its last result is one occurrence, whichever run tells of it.
told as (
    select
        record_key,
        max(recorded_at) as told_at
    from `{{ changelog }}`
    where sync_name = @sync_name and recorded_at >= @since_intents and status = 'sent'
    group by record_key
)
{%- endif %}

select
    outbox.record_key,
    outbox.action,
    outbox.payload,
    outbox.stale_identifiers,
    outbox.cleared_fields,
    outbox.is_erasure,
    outbox.content_hash,
    outbox.changed_fields,
    {% if by_occurrence -%}
    to_hex(sha256(
        concat(@sync_name, '|', outbox.record_key, '|', coalesce(cast(unix_micros(told.told_at) as string), ''))
    )) as occurrence,
    {% else -%}
    cast(null as string) as occurrence,
    {% endif -%}
    least(coalesce(partly_failed.suspected, 0), {{ most_suspected }}) as suspected
from `{{ outbox }}` as outbox
left join `{{ changelog }}` as changelog
    on
        outbox.plan_id = changelog.plan_id
        and outbox.record_key = changelog.record_key
        and changelog.sync_name = @sync_name
        and changelog.recorded_at >= @since
left join partly_failed on outbox.record_key = partly_failed.record_key
{% if by_occurrence -%}
left join told on outbox.record_key = told.record_key
{% endif -%}
where
    outbox.sync_name = @sync_name
    and outbox.plan_id = @plan_id
    and outbox.action in ('add', 'change', 'remove')
    and (outbox.action = 'remove') = @removes
    and changelog.record_key is null
order by suspected, outbox.record_key
