"""Source records of made-up people, as ``int_identity__records`` holds them."""

from __future__ import annotations

from datetime import date
from typing import Any

from google.cloud import bigquery

PERSON = ("first_name", "last_name", "email", "phone", "company", "postcode")
TEXTS = (
    *("identity_key", "source", "source_entity", "source_record_id", "street", "city", "state", "country", "user_id"),
    *PERSON,
    *(f"{name}_normalized" for name in PERSON),
)
LISTS = ("device_ids", "gclids", "linked_identity_keys")
SCHEMA = [
    *(bigquery.SchemaField(name, "STRING") for name in TEXTS),
    *(bigquery.SchemaField(name, "STRING", mode="REPEATED") for name in LISTS),
    *(bigquery.SchemaField(name, "TIMESTAMP") for name in ("created_at", "updated_at")),
    *(bigquery.SchemaField(name, "DATE") for name in ("birth_date", "first_seen_date", "last_seen_date")),
    bigquery.SchemaField("is_deleted", "BOOL"),
]
Record = dict[str, Any]


def record(key: str, day: int = 1, **values: Any) -> Record:
    """Return one source record whose values are already normalised, unless ``<name>_normalized`` differs.

    :param key: identity key.
    :param day: day of November 2026 on which the source created it.
    :param values: what the source knows, by column.
    """
    source, entity, number = key.split(":")
    seen = date(2026, 11, day).isoformat()
    made: Record = dict.fromkeys(TEXTS) | {name: [] for name in LISTS} | {"is_deleted": False}
    made |= {"identity_key": key, "source": source, "source_entity": entity, "source_record_id": number}
    made |= {"created_at": f"{seen}T00:00:00Z", "updated_at": f"{seen}T00:00:00Z"}
    made |= {"first_seen_date": seen, "last_seen_date": seen} | values
    given = {name: value for name, value in made.items() if value is not None}
    return {f"{name}_normalized": made[name] for name in PERSON} | given
