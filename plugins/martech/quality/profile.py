"""One query per table that finds everything the checks need, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from martech.quality.tables import CURRENT, NUMBERS, QualityTable
from martech.warehouse.statements import Sql, statement

BASELINE, NOW = "baseline", "now"
QUANTILES = 100


@dataclass
class Profile:
    """What a table looks like.

    :param rows: rows by checked day.
    :param newest: newest landing time by day, or the newest data day of a ``current`` table (at midnight).
    :param nulls: rows without a value by column and day.
    :param orphans: (references without a target, references) by column and day.
    :param classes: rows by column, period and class, of columns that are no numbers.
    :param quantiles: quantiles by column and period, of columns that are numbers.
    :param samples: rows by column and period that classes and quantiles were made of.
    """

    rows: dict[date, int] = field(default_factory=dict)
    newest: dict[date, datetime | None] = field(default_factory=dict)
    nulls: dict[str, dict[date, int]] = field(default_factory=dict)
    orphans: dict[str, dict[date, tuple[int, int]]] = field(default_factory=dict)
    classes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    quantiles: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    samples: dict[str, dict[str, int]] = field(default_factory=dict)


def is_number(table: QualityTable, column: str) -> bool:
    """Return True if a column's distribution is one of numbers."""
    return table.columns[column] in NUMBERS


def checked_days(table: QualityTable, first: str) -> Sql:
    """Return the condition that reads the partitions of ``first`` to ``@after_last`` (excluded) only.

    :param table: what is expected of the table, read as ``rows_read``.
    :param first: parameter of the first day, with its ``@``.
    """
    if table.expect == CURRENT or table.partition_field is None:
        return Sql("true")
    # The bounds have the column's own type, so that BigQuery prunes partitions.
    kind = table.columns[table.partition_field].lower()
    field_name = f"rows_read.{table.partition_field}"
    return Sql(f"{field_name} >= cast({first} as {kind}) and {field_name} < cast(@after_last as {kind})")


def day_of_row(table: QualityTable) -> Sql:
    """Return the day of a row; a table of current state is checked as of ``@last``.

    :param table: what is expected of the table, read as ``rows_read``.
    """
    if table.expect == CURRENT or table.partition_field is None:
        return Sql("@last")
    return Sql(f"cast(rows_read.{table.partition_field} as date)")


def _newest(table: QualityTable) -> Sql:
    if table.loaded_at_field:
        return Sql(f"max(rows_read.{table.loaded_at_field})")
    if table.day_field:
        return Sql(f"cast(max(rows_read.{table.day_field}) as timestamp)")
    return Sql("cast(null as timestamp)")


def profile_sql(project_id: str, table: QualityTable) -> Sql:
    """Return the query that profiles a table.

    It reads the critical columns and the references of ``@first`` to ``@after_last`` (excluded), and the columns
    whose drift is compared since ``@baseline_first``: nothing else of the table, and each only once.

    :param project_id: project of the table.
    :param table: what is expected of it; its names are validated.
    """
    return statement(
        "quality/sql/profile.sql",
        table=f"{project_id}.{table.label}",
        day=day_of_row(table),
        newest=_newest(table),
        checked=checked_days(table, "@first"),
        compared=checked_days(table, "@baseline_first"),
        critical=list(table.critical),
        references=table.references if "integrity" in table.severity else (),
        numbers=[column for column in table.drift if "drift" in table.severity and is_number(table, column)],
        classes=[column for column in table.drift if "drift" in table.severity and not is_number(table, column)],
        quantiles=QUANTILES,
        now=NOW,
        baseline=BASELINE,
    )


def read_profile(rows: Iterable[Any]) -> Profile:
    """Return what the rows of :func:`profile_sql` say.

    :param rows: the query's rows.
    """
    profile = Profile()
    for row in rows:
        if row.fact == "count" and not row.name:
            profile.rows[row.day] = row.total
            profile.newest[row.day] = row.newest
        elif row.fact == "count":
            profile.nulls.setdefault(row.name, {})[row.day] = row.matches
        elif row.fact == "orphans":
            profile.orphans.setdefault(row.name, {})[row.day] = (row.matches, row.total)
        elif row.fact == "quantile":
            profile.quantiles.setdefault(row.name, {}).setdefault(row.value, []).append(row.point)
            profile.samples.setdefault(row.name, {})[row.value] = row.total
        else:
            period, _, name = row.value.partition(":")
            profile.classes.setdefault(row.name, {}).setdefault(period, {})[name] = row.matches
            samples = profile.samples.setdefault(row.name, {})
            samples[period] = samples.get(period, 0) + row.matches
    return profile
