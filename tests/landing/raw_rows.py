"""What the generator wrote directly for bronze, as tests compare it with what lands by way of the connectors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from martech.ingestion.landed_table import SYNCED

from include.landing.declared_landings import load_landings

LANDINGS = load_landings()
TABLES = {table.name: table for landing in LANDINGS.values() for table in landing.tables}

Row = dict[str, Any]

# Lists that a connector reads whole on each day, changed or not.
READ_WHOLE = {"google_ads_campaigns"}
# What Analytics sends by itself, beside what the people of the sample do.
AUTOMATIC = {"first_visit", "session_start", "view_item"}


def typed(table: str, row: Row) -> Row:
    """Return a row with all columns of its table, of the same Python types wherever it was read."""
    return {name: _typed(kind, row.get(name)) for name, kind in TABLES[table].columns.items()}


def _typed(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "NUMERIC":
        return Decimal(str(value))
    if kind == "TIMESTAMP":
        return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)
    if kind == "DATE":
        return value if isinstance(value, date) else date.fromisoformat(value)
    return json.loads(value) if kind == "JSON" and isinstance(value, str) else value


def by_key(rows: Iterable[Row], *key: str) -> dict[tuple[Any, ...], Row]:
    """Return the last row of each key."""
    return {tuple(row[name] for name in key): row for row in rows}


def last_of_each_day(table: str, rows: Iterable[Row]) -> list[Row]:
    """Return the versions that are seen at the end of each day; a connector does not sync what has not changed."""
    key = TABLES[table].key
    seen: dict[tuple[Any, ...], Row] = {}
    versions: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        identity = tuple(row[name] for name in key)
        if table in READ_WHOLE or identity not in seen or seen[identity] | {SYNCED: row[SYNCED]} != row:
            seen[identity] = row
            versions[*identity, row[SYNCED].date()] = row
    return list(versions.values())
