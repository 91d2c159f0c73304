insert into `{{ outbox }}` (
    plan_id, run_id, sync_name, planned_at, record_key, person_key, action, content_hash, field_hashes,
    changed_fields, shown, payload, stale_identifiers, cleared_fields, is_erasure,
    reject_reason
)
select
    @plan_id as plan_id,
    @run_id as run_id,
    @sync_name as sync_name,
    @planned_at as planned_at,
    record_key,
    person_key,
    action,
    content_hash,
    field_hashes,
    changed_fields,
    shown,
    payload,
    stale_identifiers,
    cleared_fields,
    is_erasure,
    reject_reason
from (
    {% include "activation/sql/changes.sql" %}
) as found
where action in ('add', 'change', 'remove', 'reject', 'forget')
