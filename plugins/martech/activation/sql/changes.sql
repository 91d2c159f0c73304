with source_rows as (
    select
        nullif(cast({{ source_key }} as string), '') as source_key,
        cast({{ person }} as string) as person_key,
        {% for field in fields -%}
        {{ field.value }} as `{{ field.name }}`,
        {% endfor -%}
        {{ invalid_columns }} as invalid_columns,
        {{ read_only }} as is_read_only
    from `{{ model }}` as source
    {% if joined -%}
    left join `{{ joined }}` as joined on source.{{ using }} = joined.{{ using }}
    {%- endif %}
    {% if conditions -%}
    where {{ conditions }}
    {%- endif %}
),

payloads as (
    select
        *,
        {{ payload }} as payload,
        -- A row without a key is still reported, under a name made of its content.
        coalesce(source_key, concat('(no key) ', substr(to_hex(sha256({{ content }})), 1, 12))) as record_key
    from source_rows
),

erased as (
    select distinct value as person_key from `{{ erased }}`
),

granted as (
    select
        cast({{ consent_key }} as string) as person_key,
        -- Part of what is sent, so that another consent is a change.
        {{ consent }} as consent
    from `{{ consent_model }}`
    where
        {{ granted }}
        -- Who asked to be erased is removed first: nothing may be deleted here before the destinations confirm it.
        and cast({{ consent_key }} as string) not in (select erased.person_key from erased)
    group by cast({{ consent_key }} as string)
    {% if ads -%}
    having
        -- Unknown is neither a denial nor a grant; where consent is required, and where nobody knows, it is not enough.
        logical_and(
            {{ ads.user_data }} != 'denied'
            and {{ ads.personalization }} != 'denied'
            and (
                ({{ ads.user_data }} = 'granted' and {{ ads.personalization }} = 'granted')
                or coalesce({{ ads.country }} not in ({{ ads.consent_countries }}), false)
            )
        )
    {%- endif %}
),

contents as (
    select
        payloads.*,
        concat(payloads.payload, coalesce(granted.consent, '')) as full_payload
    from payloads
    left join granted on payloads.person_key = granted.person_key
),

checked as (
    select
        record_key,
        person_key,
        is_read_only,
        full_payload as payload,
        to_hex(sha256(full_payload)) as content_hash,
        {{ field_hashes }} as field_hashes,
        {{ shown }} as shown,
        case
            when source_key is null then 'missing_key: {{ key }} is null'
            when count(*) over (partition by record_key) > 1 then 'duplicate_key: {{ key }} is not unique'
            -- Before it is missed: a value that cannot be read is null here.
            when invalid_columns != '' then concat('invalid_value: not of the declared type: ', invalid_columns)
            {% for field in fields if field.required -%}
            when `{{ field.name }}` is null then 'required_field_missing: {{ field.column }} is null'
            {% endfor -%}
            {% if by_identifiers -%}
            when contents.payload = '' then 'no_identifier: no valid e-mail address or phone number'
            {%- endif %}
        end as defect
    from contents
),

records as (
    select *
    from checked
    where true
    qualify row_number() over (partition by record_key order by content_hash) = 1
),

confirmed as (
    select
        record_key,
        person_key,
        content_hash,
        field_hashes,
        shown,
        payload,
        sent_at
    from `{{ state }}`
    where sync_name = @sync_name
),

accepted as (
    select distinct
        plan_id,
        record_key
    from `{{ changelog }}`
    where sync_name = @sync_name and status = 'accepted' and recorded_at >= @since
),

-- Planned earlier, result unknown: the destination may hold it or not, so it is sent again or taken back,
-- unless the destination is processing just that.
unsettled as (
    select
        outbox.record_key,
        max(outbox.person_key) as person_key,
        string_agg(
            concat(coalesce(outbox.payload, ''), '{{ separator }}', coalesce(outbox.stale_identifiers, ''))
        ) as payload,
        string_agg(outbox.field_hashes) as field_hashes,
        array_agg(outbox.payload ignore nulls order by outbox.planned_at desc limit 1)[safe_offset(0)]
            as newest_payload,
        if(
            count(*) = 1 and countif(accepted.record_key is not null) = 1 and not @full_resync,
            coalesce(max(outbox.content_hash), 'remove'), null
        ) as processing
    from `{{ outbox }}` as outbox
    left join accepted on outbox.plan_id = accepted.plan_id and outbox.record_key = accepted.record_key
    where
        outbox.sync_name = @sync_name
        and outbox.plan_id != @plan_id
        and outbox.action in ('add', 'change', 'remove')
    group by outbox.record_key
),

known as (
    select
        coalesce(confirmed.record_key, unsettled.record_key) as record_key,
        coalesce(confirmed.person_key, unsettled.person_key) as person_key,
        confirmed.content_hash,
        confirmed.sent_at,
        confirmed.field_hashes,
        confirmed.shown,
        concat(coalesce(confirmed.field_hashes, ''), coalesce(unsettled.field_hashes, '')) as all_field_hashes,
        concat(coalesce(confirmed.payload, ''), '{{ separator }}', coalesce(unsettled.payload, '')) as payload,
        coalesce(unsettled.newest_payload, confirmed.payload) as kept_payload,
        coalesce(confirmed.content_hash != '{{ unconfirmed }}', false) as is_confirmed,
        unsettled.processing,
        unsettled.record_key is not null as is_unsettled
    from confirmed
    full outer join unsettled on confirmed.record_key = unsettled.record_key
),

dead_letters as (
    select
        record_key,
        action,
        content_hash,
        -- Null in dead letters from before the column was there.
        coalesce(is_transient, false) as is_transient
    from `{{ dead_letters }}`
    where sync_name = @sync_name
),

compared as (
    select
        coalesce(record.record_key, known.record_key) as record_key,
        coalesce(record.person_key, known.person_key) as person_key,
        record.payload,
        record.content_hash,
        record.field_hashes,
        record.shown,
        known.shown as known_shown,
        record.defect,
        known.payload as known_payload,
        known.all_field_hashes,
        known.kept_payload,
        coalesce(known.is_unsettled, false) as is_unsettled,
        erased.person_key is not null as is_erasure,
        known.processing,
        array_to_string([
            {% for field in fields -%}
            if(
                -- Destinations may be sent these fields only: where it is not sure what they hold, all.
                known.is_unsettled
                or not known.is_confirmed
                or @full_resync
                or known.sent_at < @refresh_before
                or json_value(record.field_hashes, '$.{{ field.name }}')
                is distinct from json_value(known.field_hashes, '$.{{ field.name }}'),
                '{{ field.name }}', null
            ){% if not loop.last %},{% endif %}
            {% endfor -%}
        ], ',') as changed_fields,
        case
            when record.defect like 'missing_key:%' then 'reject'
            {% if deletes_erased -%}
            when erased.person_key is not null then 'remove'
            {% endif -%}
            when granted.person_key is null and known.record_key is null then 'suppressed'
            when granted.person_key is null then 'remove'
            when record.record_key is null then '{{ gone }}'
            -- The destination keeps what it has, and is not asked to change it.
            when record.is_read_only then if(known.record_key is null, 'suppressed', 'unchanged')
            when record.defect is not null then 'reject'
            when known.record_key is null or not known.is_confirmed then 'add'
            -- Destinations that forget are reminded, in every mode.
            when known.sent_at < @refresh_before then 'change'
            when known.is_unsettled or @full_resync or record.content_hash != known.content_hash then '{{ changed }}'
            else 'unchanged'
        end as action
    from records as record
    full outer join known on record.record_key = known.record_key
    left join granted on coalesce(record.person_key, known.person_key) = granted.person_key
    left join erased on coalesce(record.person_key, known.person_key) = erased.person_key
),

{% if by_identifiers -%}
-- What must be taken back: identifiers the destination knows the person by, unless someone who stays in the
-- audience shares them (a household's phone number), since removing an identifier removes whoever it matches.
in_use as (
    select distinct identifier
    from compared
    cross join unnest(split(payload, '{{ separator }}')) as identifier
    where action in ('add', 'change', 'unchanged') and payload is not null
),

held as (
    select
        record_key,
        identifier
    from compared
    cross join unnest(split(known_payload, '{{ separator }}')) as identifier
    where
        action in ('add', 'change', 'remove')
        and identifier != ''
        and not starts_with(identifier, '{{ consent_prefix }}')
),

stale as (
    select
        held.record_key,
        string_agg(distinct held.identifier, '{{ separator }}' order by held.identifier) as identifiers
    from held
    left join in_use on held.identifier = in_use.identifier
    where in_use.identifier is null
    group by held.record_key
)
{%- else -%}
stale as (
    select
        cast(null as string) as record_key,
        cast(null as string) as identifiers
)
{%- endif %},


changes as (
    select
        compared.record_key,
        compared.person_key,
        compared.defect as reject_reason,
        compared.action = 'remove' and compared.is_erasure as is_erasure,
        stale.identifiers as stale_identifiers,
        {% if by_identifiers -%}
        cast(null as string) as cleared_fields,
        {%- else -%}
        -- What was mapped once and is no longer: without this nobody would ever empty it again.
        (
            select string_agg(distinct name, '{{ separator }}' order by name)
            from unnest(regexp_extract_all(compared.all_field_hashes, {{ field_names }})) as name
            where name not in ({{ field_list }})
        ) as cleared_fields,
        {%- endif %}
        {% if keeps_payload -%}
        if(compared.action = 'remove', compared.kept_payload, compared.payload) as payload,
        {%- else -%}
        if(compared.action = 'remove', null, compared.payload) as payload,
        {%- endif %}
        if(compared.action = 'remove', null, compared.content_hash) as content_hash,
        if(compared.action = 'remove', null, compared.field_hashes) as field_hashes,
        if(compared.action in ('add', 'change'), compared.changed_fields, null) as changed_fields,
        if(compared.action = 'remove', null, compared.shown) as shown,
        compared.known_shown,
        case
            when
                compared.action in ('add', 'change', 'remove')
                and compared.processing = if(compared.action = 'remove', 'remove', compared.content_hash)
                then 'unchanged'
            -- Rejected with this very content before, for a reason of the same kind: it would be rejected again.
            -- Not so removals: who must not be there any more is removed at every run, until the destination does it.
            when
                dead_letters.record_key is not null
                and not dead_letters.is_transient
                and not @retry_dead_letters
                and not compared.is_unsettled
                and compared.action in ('add', 'change', 'reject')
                and dead_letters.action != 'remove'
                and (compared.action = 'reject') = (dead_letters.action = 'reject')
                and compared.content_hash is not distinct from dead_letters.content_hash
                then 'held'
            else compared.action
        end as action
    from compared
    left join stale on compared.record_key = stale.record_key
    left join dead_letters on compared.record_key = dead_letters.record_key
),

-- Rejected once, and nothing is to be done about the record any more.
corrected as (
    select dead_letters.record_key
    from dead_letters
    left join compared on dead_letters.record_key = compared.record_key
    where compared.record_key is null or compared.action in ('unchanged', 'suppressed')
)

select
    record_key,
    person_key,
    action,
    content_hash,
    field_hashes,
    changed_fields,
    shown,
    known_shown,
    payload,
    stale_identifiers,
    cleared_fields,
    is_erasure,
    reject_reason
from changes
union all
select
    record_key,
    null as person_key,
    'forget' as action,
    null as content_hash,
    null as field_hashes,
    null as changed_fields,
    null as shown,
    null as known_shown,
    null as payload,
    null as stale_identifiers,
    null as cleared_fields,
    null as is_erasure,
    null as reject_reason
from corrected
