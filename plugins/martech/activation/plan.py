"""The SQL that finds what changed. The comparison runs inside BigQuery: only changed rows leave it.

Names come from declarations that a JSON schema has checked, values are query parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from martech.activation.destinations import DESTINATIONS
from martech.activation.sync import NOTIFY, Column, Condition, Sync
from martech.warehouse.statements import Sql

IDENTIFIER_SEPARATOR = Sql(",")
# Marks the part of a record's identifiers that says what the person consents to.
CONSENT_PREFIX = "consent:"
# Content hash in the state of a record that may be at the destination, with any of its identifiers.
UNCONFIRMED = "unconfirmed"
# Stands before what is left of a personal value in a report.
MASKED = "•"
# Finds the names of the fields in a JSON object of hashes.
FIELD_NAMES = Sql("""r'"([^"]+)":'""")
TYPES = {
    "string": "cast({} as string)",
    "list": "nullif(array_to_string({}, '; '), '')",
    "integer": "safe_cast({} as int64)",
    # A NUMERIC with a fraction becomes a quoted string in BigQuery's JSON, a FLOAT64 a number. JSON knows no NaN and no
    # infinity; x - x is 0 for all other numbers.
    "number": "if(safe_cast({} as float64) - safe_cast({} as float64) = 0, safe_cast({} as float64), null)",
    "boolean": "safe_cast({} as bool)",
    "date": "cast(safe_cast({} as date) as string)",
    "timestamp": "format_timestamp('%Y-%m-%dT%H:%M:%SZ', safe_cast({} as timestamp))",
}
EMAIL = "lower(trim({}))"
# 049 of +49 (0) 49 is a prefix for calls within a country; an extension belongs to no number.
EXTENSION = r"[\s,;]*(?:ext(?:ension|n)?\.?|x|#|;ext=)[\s.:=]*\d+\s*$"
PHONE = (
    rf"regexp_replace(regexp_replace(regexp_replace(lower({{}}), r'{EXTENSION}', ''), r'\(0\)', ''), r'[^0-9+]', '')"
)
HASHED = "^[0-9a-f]{64}$"
TITLES = r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|dame|rev|hon|herr|frau|mme|mlle|sra|srta|sig)\.?\s+)+"
SUFFIXES = r"(?:[\s,]+(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d|esq)\.?)+$"
# Google's rules for identifiers, which the other destinations can live with: dots and plus-addresses are
# noise in a Gmail address only; names keep their punctuation and lose titles and suffixes. What cannot be an address, a
# number or a country becomes null.
NORMALISED = {
    "email": (
        rf"case when regexp_contains({EMAIL}, r'^[.]*([+][^@]*)?@(gmail|googlemail)\.com$') then null "
        rf"when regexp_contains({EMAIL}, r'^[^@\s]+@(gmail|googlemail)\.com$') then concat("
        rf"replace(regexp_replace(regexp_extract({EMAIL}, r'^([^@]+)@'), r'\+.*$', ''), '.', ''), '@', "
        rf"regexp_extract({EMAIL}, r'@(.+)$')) "
        rf"when regexp_contains({EMAIL}, r'^[^@\s]+@[^@\s]+\.[^@\s]+$') then {EMAIL} end"
    ),
    "phone": rf"case when regexp_contains({PHONE}, r'^\+[1-9][0-9]{{{{6,14}}}}$') then {PHONE} end",
    "name": (
        rf"nullif(trim(regexp_replace(regexp_replace(trim(lower({{}})), r'{TITLES}', ''), r'{SUFFIXES}', '')), '')"
    ),
    "country": (
        "case when upper(trim({})) in ('UNITED STATES', 'UNITED STATES OF AMERICA', 'USA') then 'US' "
        "when upper(trim({})) in ('UNITED KINGDOM', 'GREAT BRITAIN', 'UK') then 'GB' "
        "when upper(trim({})) = 'CANADA' then 'CA' "
        "when regexp_contains(trim({}), r'^[A-Za-z]{{2}}$') then upper(trim({})) end"
    ),
    "text": r"nullif(trim(regexp_replace({}, r'[,:]', ' ')), '')",
}
# Where nobody may be sent without having granted it: the EEA with the EU's outermost regions, the United Kingdom and
# Switzerland. So may nobody whose country is unknown.
CONSENT_COUNTRIES = (
    "AT", "AX", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GF", "GP", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MF", "MQ", "MT", "NL", "NO", "PL", "PT", "RE", "RO", "SE", "SI", "SK",
    "YT",
)  # fmt: skip
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
        # A value that came hashed is not hashed again.
        raw = f"lower(trim(cast({column_sql(column.column)} as string)))"
        return f"if(regexp_contains({raw}, r'{HASHED}'), {raw}, to_hex(sha256({sql})))"
    template = TYPES[column.type]
    typed = template.format(*[sql] * template.count("{}"))
    return typed if column.decimals is None else f"round({typed}, {column.decimals})"


def _invalid_columns_sql(sync: Sync) -> str:
    """Return the names of the columns whose value does not have the declared type, as SQL; an empty text for none."""
    checks = [
        f"if({column_sql(column.column)} is not null and {value_sql(column)} is null, '{column.column}', null)"
        for column in sync.columns
        if column.type not in ("string", "list") and column.pii is None
    ]
    return f"array_to_string([{', '.join(checks)}], ', ')" if checks else "''"


def conditions_sql(conditions: list[tuple[str, Condition]], prefix: str) -> tuple[list[str], dict[str, Any]]:
    """Return conditions as SQL and the values of their parameters.

    :param conditions: pairs of the column as SQL and the condition on it.
    :param prefix: first part of the parameters' names.
    """
    clauses: list[str] = []
    values: dict[str, Any] = {}
    for index, (column, condition) in enumerate(conditions):
        name = f"{prefix}_{index}"
        match condition.operator:
            case "present":
                clauses.append(f"{column} is not null")
                continue
            case "in":
                clauses.append(f"{column} in unnest(@{name})")
                values[name] = condition.value
                continue
            case "older_than_days":
                clauses.append(f"date({column}) < date_sub(current_date(), interval @{name} day)")
                values[name] = condition.value
                continue
            case "is":
                sign = "="
            case "at_least":
                sign = ">="
            case "at_most":
                sign = "<="
        clauses.append(f"{column} {sign} @{name}")
        values[name] = condition.value
    return clauses, values


def changes_of(sync: Sync, table: Callable[[str], str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what ``changes.sql`` needs, which plans and previews read: names, and values of parameters.

    It gives one row per record and its action, and one with the action ``forget`` for each dead letter without a
    cause. Beside what the outbox knows, ``action`` may be unchanged, suppressed (no consent, not at the destination)
    or held (rejected before with the same content). Further parameters: ``sync_name``, ``plan_id``, ``full_resync``,
    ``retry_dead_letters``, ``since`` (no intent is older).

    :param sync: the declaration.
    :param table: full name of a model (``gold.lead_scores``) or of an ops table (``ops.activation_state``).
    """
    by_identifiers = DESTINATIONS[sync.destination].by_identifiers
    fields = [column.to for column in sync.columns]
    where, values = conditions_sql([(column_sql(c.column), c) for c in sync.where], "where")
    read_only, read_only_values = conditions_sql(
        [(column_sql(sync.read_only.column), sync.read_only)] if sync.read_only else [], "read_only"
    )
    granted, granted_values = conditions_sql([(sync.consent.granted.column, sync.consent.granted)], "granted")
    joined, using = sync.join or (None, None)
    content = _json_sql({name: f"`{name}`" for name in fields})
    hashes = {
        name: f"substr(to_hex(sha256(concat(record_key, '|', coalesce(cast(`{name}` as string), '')))), 1, 8)"
        for name in fields
    }
    # Masked, two values can still be told apart.
    shown = {
        column.to: f"if(`{column.to}` is null, null, concat('{MASKED}', {hashes[column.to]}))"
        if column.pii or column.normalise
        else f"`{column.to}`"
        for column in sync.columns
    }
    names = {
        "source_key": column_sql(sync.key),
        "key": sync.key,
        "person": column_sql(sync.consent.person),
        "fields": [
            {
                "name": column.to,
                "column": column.column,
                "value": Sql(value_sql(column)),
                "required": column.required,
            }
            for column in sync.columns
        ],
        "invalid_columns": Sql(_invalid_columns_sql(sync)),
        "model": table(sync.model),
        "joined": table(joined) if joined else None,
        "using": using,
        "read_only": Sql(f"coalesce({read_only[0]}, false)" if read_only else "false"),
        "conditions": Sql(" and ".join(where)),
        "by_identifiers": by_identifiers,
        "keeps_payload": DESTINATIONS[sync.destination].keeps_payload and not by_identifiers,
        "payload": Sql(_identifiers_sql(fields) if by_identifiers else content),
        "content": Sql(content),
        "field_hashes": Sql(_json_sql(hashes)),
        "shown": Sql(_json_sql(shown)),
        "consent_model": table(sync.consent.model),
        "consent_key": sync.consent.key,
        "granted": Sql(granted[0]),
        "ads": _ads_names(sync),
        "consent": Sql(_consent_part_sql(sync)),
        "consent_prefix": CONSENT_PREFIX,
        # Also what this sync has never sent: the record is there, whoever made it.
        "deletes_erased": sync.options.get("on_erasure") == "delete",
        "gone": "remove" if sync.mode in ("mirror", NOTIFY) else "unchanged",
        "changed": "unchanged" if sync.mode in ("add_only", NOTIFY) else "change",
        "separator": IDENTIFIER_SEPARATOR,
        "unconfirmed": UNCONFIRMED,
        "field_names": FIELD_NAMES,
        "field_list": Sql(", ".join(f"'{name}'" for name in fields)),
        "erased": table("ops.erasure_identifiers"),
        **{name: table(f"ops.activation_{name}") for name in ("state", "changelog", "outbox", "dead_letters")},
    }
    return names, values | read_only_values | granted_values


def _consent_sql(column: str) -> str:
    """Return consent as SQL: granted or denied in any case, whatever else is there is unspecified."""
    value = f"lower(trim(cast({column} as string)))"
    return f"if({value} in ('granted', 'denied'), {value}, 'unspecified')"


def _consent_part_sql(sync: Sync) -> str:
    """Return the part of a person's identifiers that says what they consent to."""
    ads = sync.consent.ads
    if ads is None:
        return "''"
    user_data, personalization = _consent_sql(ads.user_data), _consent_sql(ads.personalization)
    return f"concat('{IDENTIFIER_SEPARATOR}{CONSENT_PREFIX}', max({user_data}), ':', max({personalization}))"


def _ads_names(sync: Sync) -> dict[str, Sql] | None:
    """Return what ``changes.sql`` needs to know of consent to ads: SQL by name; None where it is not declared."""
    ads = sync.consent.ads
    if ads is None:
        return None
    country = NORMALISED["country"]
    required = ", ".join(f"'{code}'" for code in CONSENT_COUNTRIES)
    return {
        "user_data": Sql(_consent_sql(ads.user_data)),
        "personalization": Sql(_consent_sql(ads.personalization)),
        "country": Sql(country.format(*[f"cast({ads.country} as string)"] * country.count("{}"))),
        "consent_countries": Sql(required),
    }


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
