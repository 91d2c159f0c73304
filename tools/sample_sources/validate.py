"""Checks raw lines against the DDL of their bronze table, one line at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from martech.ddl import CreateStatement

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
    :raises KeyError: for a column type that raw tables don't use.
    """

    def __init__(self, statement: CreateStatement) -> None:
        self._types = {column.name: column.data_type for column in statement.columns}
        self._checks = {name: CHECKS[data_type] for name, data_type in self._types.items()}
        self._required = {column.name for column in statement.columns if column.mode == "REQUIRED"}

    def fault(self, line: str) -> str | None:
        """Return what is wrong with a line, None if nothing is."""
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
        return None
