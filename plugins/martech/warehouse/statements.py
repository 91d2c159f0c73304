"""SQL statements: files beside the modules that run them (``<room>/sql/*.sql``), and the one way to run them.

What a file prints between double braces is a name and is checked here; values are query parameters (``@name``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery.table import RowIterator
from jinja2 import Environment, FileSystemLoader, StrictUndefined

MARTECH = Path(__file__).resolve().parents[1]
PLAIN_NAME = r"[A-Za-z0-9_]{1,1024}"
TABLE_NAME = r"[A-Za-z0-9_.:-]+"
# bool before int and datetime before date: each is a kind of the other.
TYPES: Mapping[type, str] = {
    bool: "BOOL",
    int: "INT64",
    float: "FLOAT64",
    Decimal: "NUMERIC",
    datetime: "TIMESTAMP",
    date: "DATE",
    str: "STRING",
}


class Sql(str):
    """SQL that this code has made: printed as it is, where any other text must be a name."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text: what Jinja asks of what it must not change."""
        return self


def require_identifier(name: str, value: str, pattern: str = PLAIN_NAME) -> str:
    """Return ``value`` if it is a plain BigQuery identifier, since identifiers cannot be query parameters.

    :param name: how errors call it.
    :param value: dataset, table or column name.
    :param pattern: what is allowed.
    :raises ValueError: for anything else.
    """
    if not re.fullmatch(pattern, value):
        raise ValueError(f"{name}={value!r} is not a valid BigQuery name (expected {pattern}).")
    return value


def require_table(name: str, value: str) -> str:
    """Return ``value`` if it is the full name of a table, see :func:`require_identifier`.

    :param name: how errors call it.
    :param value: ``project.dataset.table``.
    :raises ValueError: for anything else.
    """
    return require_identifier(name, value, TABLE_NAME)


def _printed(value: Any) -> Any:
    if hasattr(value, "__html__") or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return require_identifier("name in SQL", str(value), TABLE_NAME)


# Escaping marks what macros and included files make as SQL; `finalize` checks everything else.
TEMPLATES = Environment(
    loader=FileSystemLoader(MARTECH), undefined=StrictUndefined, autoescape=True, finalize=_printed, auto_reload=False
)


def statement(file: str, **names: Any) -> Sql:
    """Return the SQL of a file.

    :param file: path in this package, such as ``retention/sql/tables.sql``; a Jinja template.
    :param names: what it may print: names of tables and columns, whole numbers, and :class:`Sql`.
    :raises ValueError: for a text that is not a name.
    """
    return Sql(TEMPLATES.get_template(file).render(names))


def short(sql: str, **names: Any) -> Sql:
    """Return a statement that is too short for a file.

    :param sql: its text, a Jinja template.
    :param names: see :func:`statement`.
    :raises ValueError: for a text that is not a name.
    """
    return Sql(TEMPLATES.from_string(sql).render(names))


def _parameter(name: str, value: Any) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bigquery.ArrayQueryParameter(name, _type_of(value[0] if value else None), list(value))
    return bigquery.ScalarQueryParameter(name, _type_of(value), value)


def _type_of(value: Any) -> str:
    return next((kind for python, kind in TYPES.items() if isinstance(value, python)), "STRING")


def _started(client: bigquery.Client, sql: str, values: Mapping[str, Any], **options: Any) -> bigquery.QueryJob:
    if values:
        options["query_parameters"] = [_parameter(name, value) for name, value in values.items()]
    return client.query(sql, job_config=bigquery.QueryJobConfig(**options))


def run(
    client: bigquery.Client, sql: str, values: Mapping[str, Any] | None = None, *, page_size: int | None = None
) -> RowIterator:
    """Run one statement, wait for it, and return its rows.

    :param client: its defaults set labels and limits of the job.
    :param sql: GoogleSQL with named parameters.
    :param values: value by parameter, whose type follows from it; None is a STRING.
    :param page_size: rows of a page of the answer; BigQuery's choice if omitted.
    """
    return _started(client, sql, values or {}).result(page_size=page_size)


def dry_run(client: bigquery.Client, sql: str, values: Mapping[str, Any] | None = None) -> None:
    """Let BigQuery check one statement, its names, types and permissions, without running it.

    :param client: see :func:`run`.
    :param sql: GoogleSQL with named parameters.
    :param values: see :func:`run`.
    :raises GoogleAPIError: where it would not run.
    """
    _started(client, sql, values or {}, dry_run=True)


def change(client: bigquery.Client, sql: str, values: Mapping[str, Any] | None = None) -> int:
    """Run one statement, wait for it, and return the number of rows that it changed.

    :param client: see :func:`run`.
    :param sql: DML with named parameters.
    :param values: see :func:`run`.
    """
    job = _started(client, sql, values or {})
    job.result()
    return job.num_dml_affected_rows or 0
