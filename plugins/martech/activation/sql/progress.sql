with outbox as (
    select
        record_key,
        action
    from `{{ outbox }}`
    where sync_name = @sync_name and plan_id = @plan_id
),

results as (
    select
        record_key,
        action,
        logical_or(status = 'rejected') as is_rejected,
        logical_or(status = 'sent') as is_sent
    from `{{ changelog }}`
    where sync_name = @sync_name and plan_id = @plan_id and recorded_at >= @since
    group by record_key, action
),

planned as (
    select
        record_key,
        action
    from outbox
    union distinct
    select
        record_key,
        action
    from results
)

select
    (
        select count(*) from planned
        where action = 'add'
    ) as adds,
    (
        select count(*) from planned
        where action = 'change'
    ) as changes,
    (
        select count(*) from planned
        where action = 'remove'
    ) as removes,
    (
        select count(*) from planned
        where action = 'reject'
    ) as rejects,
    (
        select count(*) from results
        where is_sent and not is_rejected
    ) as sent,
    (
        select count(*) from results
        where is_rejected
    ) as rejected,
    (
        select count(*) from outbox left join results on outbox.record_key = results.record_key
        where results.record_key is null and outbox.action in ('add', 'change', 'remove')
    ) as pending,
    (
        select count(*) from `{{ state }}`
        where sync_name = @sync_name and content_hash != '{{ unconfirmed }}')
        as in_destination,
    (
        select count(*) from `{{ dead_letters }}`
        where sync_name = @sync_name
    ) as dead_letters,
    (
        select count(*) from `{{ dead_letters }}`
        where sync_name = @sync_name and action = 'remove'
    ) as open_removals
