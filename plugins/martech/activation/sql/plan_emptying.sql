-- Removes all that a sync holds, or may hold, from its target. What another sync holds at the same target stays:
-- fields of the same record, identifiers of the same list.
insert into `{{ outbox }}` (
    plan_id, run_id, sync_name, planned_at, record_key, person_key, action, payload, stale_identifiers, cleared_fields
)
with neighbours as (
    select neighbour.sync_name
    from `{{ targets }}` as own
    inner join `{{ targets }}` as neighbour on own.target = neighbour.target
    where own.sync_name = @sync_name and neighbour.sync_name != @sync_name
),

known as (
    select
        sync_name,
        record_key,
        person_key,
        field_hashes,
        payload,
        payload as identifiers
    from `{{ state }}`
    union all
    select
        sync_name,
        record_key,
        person_key,
        field_hashes,
        payload,
        concat(coalesce(payload, ''), '{{ separator }}', coalesce(stale_identifiers, '')) as identifiers
    from `{{ outbox }}`
    where action in ('add', 'change', 'remove')
),

traces as (
    {% if by_identifiers -%}
    select
        sync_name,
        record_key,
        trace,
        trace as place
    from known
    cross join unnest(split(identifiers, '{{ separator }}')) as trace
    where trace != '' and not starts_with(trace, '{{ consent_prefix }}')
    {%- else -%}
    select
        sync_name,
        record_key,
        trace,
        concat(record_key, '|', trace) as place
    from known
    cross join unnest(regexp_extract_all(field_hashes, {{ field_names }})) as trace
    {%- endif %}
),

own as (
    select
        record_key,
        max(person_key) as person_key,
        max(payload) as payload
    from known
    where sync_name = @sync_name
    group by record_key
),

left_behind as (
    select
        record_key,
        string_agg(distinct trace, '{{ separator }}' order by trace) as traces
    from traces
    where
        sync_name = @sync_name
        and place not in (
            select shared.place from traces as shared
            where shared.sync_name in (select neighbours.sync_name from neighbours)
        )
    group by record_key
)

select
    @plan_id as plan_id,
    @run_id as run_id,
    @sync_name as sync_name,
    @planned_at as planned_at,
    own.record_key,
    own.person_key,
    'remove' as action,
    {% if keeps_payload and not by_identifiers -%}
    own.payload,
    {%- else -%}
    cast(null as string) as payload,
    {%- endif %}
    {% if by_identifiers -%}
    left_behind.traces as stale_identifiers,
    cast(null as string) as cleared_fields
    {%- else -%}
    cast(null as string) as stale_identifiers,
    left_behind.traces as cleared_fields
    {%- endif %}
from own
left join left_behind on own.record_key = left_behind.record_key
