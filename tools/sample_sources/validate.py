"""Checks raw lines against the DDL of their bronze table, one line at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from martech.warehouse.ddl import CreateStatement

from tools.sample_sources.sink import LONGEST_DELAY_DAYS

INT64 = range(-(2**63), 2**63)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in INT64


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeric(value: Any) -> bool:
    if not isinstance(value, str):
        return _is_number(value)
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _parses(parse: Callable[[str], object]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            parse(value)
        except (TypeError, ValueError):
            return False
        return True

    return check


CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "STRING": lambda value: isinstance(value, str),
    "INT64": _is_int,
    "FLOAT64": _is_number,
    "NUMERIC": _is_numeric,
    "BOOL": lambda value: isinstance(value, bool),
    "DATE": _parses(date.fromisoformat),
    "TIMESTAMP": _parses(datetime.fromisoformat),
    "JSON": lambda value: True,
}


class RowChecker:
    """Says why a line cannot land in a table.

    :param statement: the table's DDL.
    :param event_field: column with the day of the event; None for tables of records.
    :raises KeyError: for a column type that raw tables don't use.
    """

    def __init__(self, statement: CreateStatement, event_field: str | None = None) -> None:
        self._event_field = event_field
        self._types = {column.name: column.data_type for column in statement.columns}
        self._checks = {name: CHECKS[data_type] for name, data_type in self._types.items()}
        self._required = {column.name for column in statement.columns if column.mode == "REQUIRED"}

    def fault(self, line: str, day: date | None = None) -> str | None:
        """Return what is wrong with a line, None if nothing is.

        :param line: one row as JSON.
        :param day: day of landing that the file is for; a reload replaces exactly that day's rows.
        """
        try:
            row = json.loads(line)
        except ValueError as error:
            return f"not JSON: {error}"
        if not isinstance(row, dict):
            return f"a JSON {type(row).__name__}, not an object"
        for name, value in row.items():
            check = self._checks.get(name)
            if check is None:
                return f"column {name} is not in the DDL"
            if value is not None and not check(value):
                return f"column {name} is no {self._types[name]}: {value!r}"
        for name in self._required:
            if row.get(name) is None:
                return f"required column {name} is missing"
        return self._misplaced(row, day) if day else None

    def _misplaced(self, row: dict[str, Any], day: date) -> str | None:
        landed = datetime.fromisoformat(row["_fivetran_synced"])
        if landed.replace(tzinfo=landed.tzinfo or UTC).astimezone(UTC).date() != day:
            return f"_fivetran_synced is {row['_fivetran_synced']}, the file is for {day}"
        if self._event_field:
            delay = (day - date.fromisoformat(row[self._event_field])).days
            if not 0 <= delay <= LONGEST_DELAY_DAYS:
                happened = row[self._event_field]
                return f"{self._event_field} is {happened}, not within {LONGEST_DELAY_DAYS} days before {day}"
        return None
