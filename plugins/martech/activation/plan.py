"""The SQL that finds what changed. The comparison runs inside BigQuery: only changed rows leave it.

Names come from declarations that a JSON schema has checked, values are query parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.cloud import bigquery

from martech.activation.sync import Column, Condition, Sync

IDENTIFIER_SEPARATOR = ","
# Content hash in the state of a record that may be at the destination, with any of its identifiers.
UNCONFIRMED = "unconfirmed"
TYPES = {
    "string": "cast({} as string)",
    "integer": "cast({} as int64)",
    # A NUMERIC with a fraction becomes a quoted string in BigQuery's JSON, a FLOAT64 a number.
    "number": "cast({} as float64)",
    "boolean": "cast({} as bool)",
    "date": "cast(cast({} as date) as string)",
    "timestamp": "format_timestamp('%Y-%m-%dT%H:%M:%SZ', cast({} as timestamp))",
}
EMAIL = r"lower(regexp_replace({}, r'\s', ''))"
# Google's rules for identifiers, which the other destinations can live with: dots and plus-addresses are
# noise in a Gmail address only. What cannot be an address, a number or a country becomes null.
NORMALISED = {
    "email": (
        rf"case when regexp_contains({EMAIL}, r'^[^@]+@(gmail|googlemail)\.com$') then concat("
        rf"replace(regexp_replace(regexp_extract({EMAIL}, r'^([^@]+)@'), r'\+.*$', ''), '.', ''), '@', "
        rf"regexp_extract({EMAIL}, r'@(.+)$')) "
        rf"when regexp_contains({EMAIL}, r'^[^@]+@[^@]+\.[^@]+$') then {EMAIL} end"
    ),
    "phone": (
        r"case when regexp_contains(regexp_replace({}, r'[^0-9+]', ''), r'^\+[1-9][0-9]{{6,14}}$') "
        r"then regexp_replace({}, r'[^0-9+]', '') end"
    ),
    "name": r"nullif(trim(regexp_replace(lower({}), r'[^\p{{L}}\p{{N}} ]', '')), '')",
    "country": (
        "case when upper(trim({})) in ('UNITED STATES', 'UNITED STATES OF AMERICA', 'USA') then 'US' "
        "when upper(trim({})) in ('UNITED KINGDOM', 'GREAT BRITAIN', 'UK') then 'GB' "
        "when upper(trim({})) = 'CANADA' then 'CA' "
        "when regexp_contains(trim({}), r'^[A-Za-z]{{2}}$') then upper(trim({})) end"
    ),
    "text": r"nullif(trim(regexp_replace({}, r'[,:]', ' ')), '')",
}
ADDRESS = ("givenName", "familyName", "regionCode", "postalCode")


def column_sql(name: str) -> str:
    """Return a declared column as SQL: ``joined.x`` as it is, others from the source model."""
    return name if name.startswith("joined.") else f"source.{name}"


def value_sql(column: Column) -> str:
    """Return the value of a mapped column as it is sent: normalised, hashed, typed."""
    sql = column_sql(column.column)
    if column.normalise:
        template = NORMALISED[column.normalise]
        sql = template.format(*[f"cast({sql} as string)"] * template.count("{}"))
    if column.pii == "hash_sha256":
        return f"to_hex(sha256({sql}))"
    typed = TYPES[column.type].format(sql)
    return typed if column.decimals is None else f"round({typed}, {column.decimals})"


def conditions_sql(conditions: list[tuple[str, Condition]], prefix: str) -> tuple[list[str], list[Any]]:
    """Return conditions as SQL and their query parameters.

    :param conditions: pairs of the column as SQL and the condition on it.
    :param prefix: first part of the parameters' names.
    """
    clauses: list[str] = []
    parameters: list[Any] = []
    for index, (column, condition) in enumerate(conditions):
        name = f"{prefix}_{index}"
        match condition.operator:
            case "present":
                clauses.append(f"{column} is not null")
                continue
            case "in":
                clauses.append(f"{column} in unnest(@{name})")
                parameters.append(bigquery.ArrayQueryParameter(name, _type_of(condition.value[0]), condition.value))
                continue
            case "is":
                sign = "="
            case "at_least":
                sign = ">="
            case "at_most":
                sign = "<="
        clauses.append(f"{column} {sign} @{name}")
        parameters.append(bigquery.ScalarQueryParameter(name, _type_of(condition.value), condition.value))
    return clauses, parameters


def _type_of(value: Any) -> str:
    return {bool: "BOOL", int: "INT64", float: "FLOAT64", str: "STRING"}[type(value)]


def diff_sql(sync: Sync, table: Callable[[str], str]) -> tuple[str, list[Any]]:
    """Return the CTEs with ``changes``, one row per record and its action, and ``cured``, the keys of dead
    letters without a cause, and their parameters.

    Beside what the outbox knows, ``action`` may be unchanged, suppressed (no consent, not at the destination)
    or held (rejected before with the same content). Further parameters: ``sync_name``, ``plan_id``,
    ``full_resync``, ``retry_dead_letters``, ``since`` (no intent is older).

    :param sync: the declaration.
    :param table: full name of a model (``gold.lead_scores``) or of an ops table (``ops.activation_state``).
    """
    by_identifiers = sync.destination == "google_data_manager"
    fields = [column.to for column in sync.columns]
    where, parameters = conditions_sql([(column_sql(c.column), c) for c in sync.where], "where")
    granted, granted_parameters = conditions_sql([(sync.consent.granted.column, sync.consent.granted)], "granted")
    join = ""
    if sync.join:
        model, using = sync.join
        join = f"left join `{table(model)}` as joined on source.{using} = joined.{using}"
    values = ",\n        ".join(f"{value_sql(column)} as `{column.to}`" for column in sync.columns)
    content = _json_sql({name: f"`{name}`" for name in fields})
    payload = _identifiers_sql(fields) if by_identifiers else content
    field_hashes = _json_sql(
        {
            name: f"substr(to_hex(sha256(concat(record_key, '|', coalesce(cast(`{name}` as string), '')))), 1, 8)"
            for name in fields
        }
    )
    changed_fields = ", ".join(
        f"if(json_value(record.field_hashes, '$.{name}') is distinct from "
        f"json_value(known.field_hashes, '$.{name}'), '{name}', null)"
        for name in fields
    )
    missing = "\n            ".join(
        f"when `{column.to}` is null then 'required_field_missing: {column.column} is null'"
        for column in sync.columns
        if column.required
    )
    if by_identifiers:
        missing += "\n            when payload = '' then 'no_identifier: no valid e-mail address or phone number'"
    gone = "'remove'" if sync.mode == "mirror" else "'unchanged'"
    changed = "'unchanged'" if sync.mode == "add_only" else "'change'"
    stale = STALE_IDENTIFIERS if by_identifiers else NO_STALE_IDENTIFIERS
    sql = f"""with source_rows as (
    select
        nullif(cast({column_sql(sync.key)} as string), '') as source_key,
        cast({column_sql(sync.consent.person)} as string) as person_key,
        {values}
    from `{table(sync.model)}` as source
    {join}
    {"where " + " and ".join(where) if where else ""}
),

payloads as (
    select
        *,
        {payload} as payload,
        -- A row without a key is still reported, under a name made of its content.
        coalesce(source_key, concat('(no key) ', substr(to_hex(sha256({content})), 1, 12))) as record_key
    from source_rows
),

checked as (
    select
        record_key,
        person_key,
        payload,
        to_hex(sha256(payload)) as content_hash,
        {field_hashes} as field_hashes,
        case
            when source_key is null then 'missing_key: {sync.key} is null'
            when count(*) over (partition by record_key) > 1 then 'duplicate_key: {sync.key} is not unique'
            {missing}
        end as defect
    from payloads
),

records as (
    select *
    from checked
    where true
    qualify row_number() over (partition by record_key order by content_hash) = 1
),

granted as (
    select distinct cast({sync.consent.key} as string) as person_key
    from `{table(sync.consent.model)}`
    where
        {granted[0]}
        -- Who asked to be erased is removed first: nothing may be deleted here before the destinations confirm it.
        and cast({sync.consent.key} as string) not in (select value from `{table("ops.erasure_identifiers")}`)
),

confirmed as (
    select record_key, person_key, content_hash, field_hashes, payload
    from `{table("ops.activation_state")}`
    where sync_name = @sync_name
),

accepted as (
    select distinct plan_id, record_key
    from `{table("ops.activation_changelog")}`
    where sync_name = @sync_name and status = 'accepted' and recorded_at >= @since
),

-- Planned earlier, result unknown: the destination may hold it or not, so it is sent again or taken back,
-- unless the destination is processing just that.
unsettled as (
    select
        outbox.record_key,
        max(outbox.person_key) as person_key,
        string_agg(
            concat(coalesce(outbox.payload, ''), '{IDENTIFIER_SEPARATOR}', coalesce(outbox.stale_identifiers, ''))
        ) as payload,
        if(
            count(*) = 1 and countif(accepted.record_key is not null) = 1 and not @full_resync,
            coalesce(max(outbox.content_hash), 'remove'), null
        ) as processing
    from `{table("ops.activation_outbox")}` as outbox
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
        confirmed.field_hashes,
        concat(coalesce(confirmed.payload, ''), '{IDENTIFIER_SEPARATOR}', coalesce(unsettled.payload, '')) as payload,
        coalesce(confirmed.content_hash != '{UNCONFIRMED}', false) as is_confirmed,
        coalesce(confirmed.content_hash = '{UNCONFIRMED}', false) as is_unconfirmed,
        unsettled.processing,
        unsettled.record_key is not null as is_unsettled
    from confirmed
    full outer join unsettled on confirmed.record_key = unsettled.record_key
),

dead_letters as (
    select record_key, action, content_hash
    from `{table("ops.activation_dead_letters")}`
    where sync_name = @sync_name
),

compared as (
    select
        coalesce(record.record_key, known.record_key) as record_key,
        coalesce(record.person_key, known.person_key) as person_key,
        record.payload,
        record.content_hash,
        record.field_hashes,
        record.defect,
        known.payload as known_payload,
        coalesce(known.is_unsettled, false) as is_unsettled,
        coalesce(known.is_unconfirmed, false) as is_unconfirmed,
        known.processing,
        array_to_string([{changed_fields}], ',') as changed_fields,
        case
            when record.defect like 'missing_key:%' then 'reject'
            when granted.person_key is null and known.record_key is null then 'suppressed'
            when granted.person_key is null then 'remove'
            when record.record_key is null then {gone}
            when record.defect is not null then 'reject'
            when known.record_key is null or not known.is_confirmed then 'add'
            when known.is_unsettled or @full_resync or record.content_hash != known.content_hash then {changed}
            else 'unchanged'
        end as action
    from records as record
    full outer join known on record.record_key = known.record_key
    left join granted on coalesce(record.person_key, known.person_key) = granted.person_key
),

{stale},

changes as (
    select
        compared.record_key,
        compared.person_key,
        compared.defect as reject_reason,
        stale.identifiers as stale_identifiers,
        if(compared.action = 'remove', null, compared.payload) as payload,
        if(compared.action = 'remove', null, compared.content_hash) as content_hash,
        if(compared.action = 'remove', null, compared.field_hashes) as field_hashes,
        if(compared.action in ('add', 'change'), compared.changed_fields, null) as changed_fields,
        case
            when
                compared.action in ('add', 'change', 'remove')
                and compared.processing = if(compared.action = 'remove', 'remove', compared.content_hash)
                then 'unchanged'
            -- Rejected with this very content before, for a reason of the same kind: it would be rejected again.
            -- Whoever may still be there against their will is removed at every run, though.
            when
                dead_letters.record_key is not null
                and not @retry_dead_letters
                and not compared.is_unsettled
                and not (compared.action = 'remove' and compared.is_unconfirmed)
                and compared.action in ('add', 'change', 'remove', 'reject')
                and (compared.action = 'remove') = (dead_letters.action = 'remove')
                and (compared.action = 'reject') = (dead_letters.action = 'reject')
                and (
                    compared.action = 'remove'
                    or compared.content_hash is not distinct from dead_letters.content_hash
                )
                then 'held'
            else compared.action
        end as action
    from compared
    left join stale on compared.record_key = stale.record_key
    left join dead_letters on compared.record_key = dead_letters.record_key
),

-- Rejected once, and nothing is to be done about the record any more.
cured as (
    select dead_letters.record_key
    from dead_letters
    left join compared on dead_letters.record_key = compared.record_key
    where compared.record_key is null or compared.action in ('unchanged', 'suppressed')
)
"""  # noqa: S608
    return sql, parameters + granted_parameters


# What must be taken back: identifiers the destination knows the person by, unless someone who stays in the
# audience shares them (a household's phone number), since removing an identifier removes whoever it matches.
STALE_IDENTIFIERS = f"""in_use as (
    select distinct identifier
    from compared
    cross join unnest(split(payload, '{IDENTIFIER_SEPARATOR}')) as identifier
    where action in ('add', 'change', 'unchanged') and payload is not null
),

held as (
    select record_key, identifier
    from compared
    cross join unnest(split(known_payload, '{IDENTIFIER_SEPARATOR}')) as identifier
    where action in ('add', 'change', 'remove') and identifier != ''
),

stale as (
    select
        held.record_key,
        string_agg(distinct held.identifier, '{IDENTIFIER_SEPARATOR}' order by held.identifier) as identifiers
    from held
    left join in_use on held.identifier = in_use.identifier
    where in_use.identifier is null
    group by held.record_key
)"""  # noqa: S608

NO_STALE_IDENTIFIERS = """stale as (
    select cast(null as string) as record_key, cast(null as string) as identifiers
)"""


def _json_sql(values: dict[str, str]) -> str:
    """Return a JSON object as SQL, its members in this order."""
    members = ", ".join(f"{sql} as `{name}`" for name, sql in values.items())
    return f"to_json_string(struct({members}))"


def _identifiers_sql(fields: list[str]) -> str:
    parts = [
        f"concat('{kind}:', `{name}`)"
        for kind, name in (("email", "emailAddress"), ("phone", "phoneNumber"))
        if name in fields
    ]
    if set(ADDRESS) <= set(fields):
        address = ", ':', ".join(f"`{name}`" for name in ADDRESS)
        parts.append(f"concat('address:', {address})")
    return f"array_to_string([{', '.join(parts)}], '{IDENTIFIER_SEPARATOR}')"
