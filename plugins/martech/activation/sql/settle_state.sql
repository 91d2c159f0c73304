merge into `{{ state }}` as state
using (
    select * from ({% include "activation/sql/settle_results.sql" %})
    where status = 'sent' or (was_accepted and status in ('unconfirmed', 'rejected'))
) as result
    on state.sync_name = result.sync_name and state.record_key = result.record_key
when matched and result.status = 'sent' and result.action = 'remove' then delete
when matched and result.status = 'sent' then
    update
        set
            person_key = result.person_key, content_hash = result.content_hash,
            field_hashes = result.field_hashes, shown = result.shown,
            payload = {{ "result.payload" if keeps_payload else "null" }},
            sent_at = result.recorded_at, run_id = result.run_id
when matched then
    update
        set
            person_key = result.person_key, content_hash = '{{ unconfirmed }}',
            {% if by_identifiers -%}
            payload = if(
                strpos(state.payload, result.identifiers) > 0, state.payload,
                concat(coalesce(state.payload, ''), '{{ separator }}', result.identifiers)
            ),
            {%- else -%}
            payload = coalesce(result.payload, state.payload),
            {%- endif %}
            sent_at = result.recorded_at, run_id = result.run_id
when not matched and result.status != 'sent' then
    insert (sync_name, record_key, person_key, content_hash, field_hashes, shown, payload, sent_at, run_id)
    values (
        result.sync_name, result.record_key, result.person_key, '{{ unconfirmed }}',
        coalesce(result.field_hashes, '{}'), result.shown,
        {{ "result.identifiers" if by_identifiers else "result.payload" }},
        result.recorded_at, result.run_id
    )
when not matched and result.action != 'remove' then
    insert (sync_name, record_key, person_key, content_hash, field_hashes, shown, payload, sent_at, run_id)
    values (
        result.sync_name, result.record_key, result.person_key, result.content_hash,
        result.field_hashes, result.shown,
        {{ "result.payload" if keeps_payload else "null" }}, result.recorded_at, result.run_id
    )
