insert into `{{ changelog }}` (
    recorded_at, sync_name, run_id, plan_id, record_key, action, status, content_hash,
    changed_fields, error_code, error_message, reference
)
with accepted as (
    select
        plan_id,
        record_key,
        action,
        content_hash,
        changed_fields,
        reference
    from `{{ changelog }}`
    where
        sync_name = @sync_name
        and recorded_at >= @since
        and status = 'accepted'
        and reference in unnest(@references)
),

deliveries as (
    select
        record_key,
        coalesce(content_hash, '') as content_hash,
        count(*) as failed
    from `{{ changelog }}`
    where sync_name = @sync_name and recorded_at >= @since and status = 'unconfirmed'
    group by 1, 2
)

select
    @recorded_at as recorded_at,
    @sync_name as sync_name,
    @run_id as run_id,
    accepted.plan_id,
    accepted.record_key,
    accepted.action,
    case
        when @error_code is null then 'sent'
        when coalesce(deliveries.failed, 0) + 1 < {{ max_deliveries }} then 'unconfirmed'
        else 'rejected'
    end as status,
    accepted.content_hash,
    accepted.changed_fields,
    @error_code as error_code,
    @error_message as error_message,
    accepted.reference
from accepted
left join deliveries
    on
        accepted.record_key = deliveries.record_key
        and coalesce(accepted.content_hash, '') = deliveries.content_hash
