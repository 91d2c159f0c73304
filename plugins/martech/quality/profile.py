"""One query per table that finds everything the checks need, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from martech.quality.tables import CURRENT, NUMBERS, QualityTable, Reference
from martech.warehouse.ddl import require_identifier, require_table

BASELINE, NOW = "baseline", "now"
QUANTILES = 100
# The columns of every part of the query, in their order.
NO_VALUES = {
    "day": "cast(null as date)",
    "name": "''",
    "value": "cast(null as string)",
    "point": "cast(null as float64)",
    "matches": "cast(null as int64)",
    "total": "cast(null as int64)",
    "newest": "cast(null as timestamp)",
}


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


def _bounds(table: QualityTable, first: str, after_last: str) -> str:
    """Return the condition that reads the partitions of a span of days only."""
    if table.expect == CURRENT or table.partition_field is None:
        return "true"
    # The bounds have the column's own type, so that BigQuery prunes partitions.
    kind = table.columns[table.partition_field].lower()
    field_name = f"rows_read.{table.partition_field}"
    return f"{field_name} >= cast({first} as {kind}) and {field_name} < cast({after_last} as {kind})"


def _day(table: QualityTable) -> str:
    """Return the day of a row; a table of current state is judged as of the last day."""
    if table.expect == CURRENT or table.partition_field is None:
        return "@last"
    return f"cast(rows_read.{table.partition_field} as date)"


def _part(fact: str, source: str, **values: str) -> str:
    columns = [f"'{fact}' as fact", *(f"{values.get(name, null)} as {name}" for name, null in NO_VALUES.items())]
    return f"select {', '.join(columns)} from {source}"  # noqa: S608 - identifiers are validated


def _newest(table: QualityTable) -> str:
    if table.loaded_at_field:
        return f"max(rows_read.{table.loaded_at_field})"
    if table.day_field:
        return f"cast(max(rows_read.{table.day_field}) as timestamp)"
    return "cast(null as timestamp)"


def _facts(table: QualityTable, name: str) -> str:
    counts = [f"countif(rows_read.{column} is null) as nulls_{n}" for n, column in enumerate(table.critical)]
    columns = ["judged_day as day", "count(*) as total", f"{_newest(table)} as newest", *counts]
    # A step of its own: a parameter in a grouped expression is not seen as the same one twice.
    dated = (
        f"(select {_day(table)} as judged_day, rows_read.* from `{name}` as rows_read "  # noqa: S608
        f"where {_bounds(table, '@first', '@after_last')})"
    )
    scan = f"(select {', '.join(columns)} from {dated} as rows_read group by judged_day)"  # noqa: S608
    nulls = [f"struct('{column}' as name, nulls_{n} as matches)" for n, column in enumerate(table.critical)]
    # One scan however many columns: each day's counts are laid out as rows afterwards.
    measures = ", ".join(["struct('' as name, total as matches)", *nulls])
    return _part(
        "count",
        f"{scan} as facts cross join unnest([{measures}]) as measure",
        day="facts.day",
        name="measure.name",
        matches="measure.matches",
        total="facts.total",
        newest="facts.newest",
    )


def _orphans(table: QualityTable, name: str, reference: Reference) -> str:
    child = (
        f"(select {_day(table)} as day, cast(rows_read.{reference.column} as string) as key from `{name}` as rows_read "  # noqa: S608
        f"where {_bounds(table, '@first', '@after_last')} and rows_read.{reference.column} is not null)"
    )
    target = f"(select distinct cast({reference.key} as string) as key from `{reference.to}`)"  # noqa: S608
    return (
        _part(
            "orphans",
            f"{child} as child left join {target} as target on child.key = target.key",
            day="child.day",
            name=f"'{reference.column}'",
            matches="countif(target.key is null)",
            total="count(*)",
        )
        + " group by child.day"
    )


def _period(table: QualityTable) -> str:
    return f"if({_day(table)} = @last, '{NOW}', '{BASELINE}')"


def _distribution(table: QualityTable, name: str, column: str) -> str:
    is_numeric = is_number(table, column)
    value = f"rows_read.{column}"
    shown = f"cast({value} as float64)" if is_numeric else f"coalesce(cast({value} as string), 'null')"
    values = (
        f"(select {_period(table)} as period, {shown} as value from `{name}` as rows_read "  # noqa: S608
        f"where {_bounds(table, '@baseline_first', '@after_last')})"
    )
    if is_numeric:
        sampled = (
            f"(select period, count(value) as total, approx_quantiles(value, {QUANTILES}) as points "  # noqa: S608
            f"from {values} group by period)"
        )
        return _part(
            "quantile",
            f"{sampled} as sampled cross join unnest(sampled.points) as point",
            name=f"'{column}'",
            value="sampled.period",
            point="point",
            total="sampled.total",
        )
    return _part(
        "class",
        f"(select period, value, count(*) as matches from {values} group by period, value) as counted",  # noqa: S608
        name=f"'{column}'",
        value="concat(counted.period, ':', counted.value)",
        matches="counted.matches",
    )


def profile_sql(project_id: str, table: QualityTable) -> str:
    """Return the query that profiles a table.

    It reads the critical columns and the references of ``@first`` to ``@after_last`` (excluded), and the columns
    whose drift is judged since ``@baseline_first``: nothing else of the table, and each only once.

    :param project_id: project of the table.
    :param table: what is expected of it; its names are validated.
    """
    for reference in table.references:
        require_table("reference", reference.to)
        require_identifier("reference", reference.key)
    name = f"{project_id}.{table.label}"
    parts = [
        _facts(table, name),
        *(_orphans(table, name, reference) for reference in table.references if "integrity" in table.severity),
        *(_distribution(table, name, column) for column in table.drift if "drift" in table.severity),
    ]
    return "\nunion all\n".join(parts)


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
