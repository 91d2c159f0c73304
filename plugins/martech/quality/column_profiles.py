"""What each column of a table looks like on a day: one query per table, and its answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from martech.quality.profile import checked_days, day_of_row
from martech.quality.tables import NUMBERS, QualityTable
from martech.warehouse.statements import Sql, statement

TIMES = ("TIMESTAMP", "DATETIME", "DATE")
# Types of which values can be counted; a number with a fraction has too many.
CLASSES = ("STRING", "BOOL", "INT64")
SCALARS = {*CLASSES, *NUMBERS, *TIMES}
VALUES = 20
LONGEST_VALUE = 64
# A rarer value says nothing about the column, and would fill the table.
LEAST_KEPT_SHARE = 0.01
# Values are kept of columns in which each is there so often on average: of a few rows too, ids are nobody's class.
LEAST_ROWS_OF_VALUE = 2


@dataclass(frozen=True)
class ColumnProfile:
    """A column on a day; a row of ``ops.column_profiles``.

    :param rows: rows of the day.
    :param nulls: rows without a value.
    :param zeros: rows with 0, false or blank text; None for other types.
    :param distinct: different values, about; None for JSON, arrays and structs.
    :param size: mean length of text, mean of log10(1 + \\|x\\|) of numbers that are not 0; None for other types and
        without values.
    :param deviation: standard deviation of these lengths or logarithms within the day; None as ``size``.
    :param recent: rows with a time of the day or the day before; None for other types.
    :param values: rows by frequent value; empty for personal columns and other types.
    """

    rows: int
    nulls: int
    zeros: int | None = None
    distinct: int | None = None
    size: float | None = None
    deviation: float | None = None
    recent: int | None = None
    values: Mapping[str, int] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.nulls

    def as_row(self) -> dict[str, Any]:
        """Return what ``ops.column_profiles`` keeps of it, beside table, column, day and run."""
        return {
            "row_count": self.rows,
            "null_count": self.nulls,
            "zero_count": self.zeros,
            "distinct_values": self.distinct,
            "mean_size": self.size,
            "size_deviation": self.deviation,
            "recent_count": self.recent,
            "top_values": [{"value": value, "value_count": count} for value, count in self.values.items()],
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> ColumnProfile:
        """Return the profile that a row of ``ops.column_profiles`` keeps."""
        return cls(
            rows=int(row["row_count"]),
            nulls=int(row["null_count"]),
            zeros=_whole(row["zero_count"]),
            distinct=_whole(row["distinct_values"]),
            size=row["mean_size"],
            deviation=row["size_deviation"],
            recent=_whole(row["recent_count"]),
            values={value["value"]: int(value["value_count"]) for value in row["top_values"]},
        )


# Profiles of a table by column and day.
Profiles = dict[str, dict[date, ColumnProfile]]


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _measures(name: str, kind: str, *, is_personal: bool, is_time: bool) -> dict[str, Any]:
    """Return what is asked of a column, for the template."""
    column = f"rows_read.{name}"
    zeros = {"STRING": f"trim({column}) = ''", "BOOL": f"not {column}"}
    sizes = {"STRING": f"char_length({column})"}
    if kind in NUMBERS:
        zeros[kind] = f"{column} = 0"
        # Without zeros, whose share is measured by itself: they would hide what the others are.
        sizes[kind] = f"if({column} = 0, null, log10(1 + abs(cast({column} as float64))))"
    day = "cast(rows_read.checked_day as timestamp)"
    recent = (
        f"cast({column} as timestamp) >= timestamp_sub({day}, interval 1 day) "
        f"and cast({column} as timestamp) < timestamp_add({day}, interval 1 day)"
    )
    size = sizes.get(kind)
    measures = {
        "nulls": f"countif({column} is null)",
        "zeros": f"countif({zeros[kind]})" if kind in zeros else "cast(null as int64)",
        "distinct": f"approx_count_distinct({column})" if kind in SCALARS else "cast(null as int64)",
        "mean": f"avg({size})" if size else "cast(null as float64)",
        "deviation": f"stddev_pop({size})" if size else "cast(null as float64)",
        "recent": f"countif({recent})" if is_time and kind in TIMES else "cast(null as int64)",
        "frequent": f"approx_top_count(cast({column} as string), {VALUES})"
        if kind in CLASSES and not is_personal
        else "cast(null as array<struct<value string, count int64>>)",
    }
    return {"name": name, **{measure: Sql(sql) for measure, sql in measures.items()}}


def column_profile_sql(project_id: str, table: QualityTable, personal: Collection[str]) -> Sql:
    """Return the query that profiles every column of a table, of ``@first`` to ``@after_last`` (excluded).

    :param project_id: project of the table.
    :param table: what is expected of it; its names are validated.
    :param personal: columns of which no value may be kept.
    """
    return statement(
        "quality/sql/column_profile.sql",
        table=f"{project_id}.{table.label}",
        day=day_of_row(table),
        checked=checked_days(table, "@first"),
        measured_columns=[
            # When rows landed is what the freshness check is about.
            _measures(name, kind, is_personal=name in personal, is_time=name != table.loaded_at_field)
            for name, kind in table.columns.items()
        ],
    )


def read_column_profiles(rows: Iterable[Any]) -> Profiles:
    """Return what the rows of :func:`column_profile_sql` say.

    :param rows: the query's rows.
    """
    found: Profiles = {}
    for row in rows:
        found.setdefault(row.column_name, {})[row.day] = ColumnProfile(
            rows=row.row_count,
            nulls=int(row.null_count),
            zeros=_whole(row.zero_count),
            distinct=_whole(row.distinct_values),
            size=row.mean_size,
            deviation=row.size_deviation,
            recent=_whole(row.recent_count),
            values=_kept_values(row),
        )
    return found


def _kept_values(row: Any) -> dict[str, int]:
    if row.distinct_values is None or row.distinct_values * LEAST_ROWS_OF_VALUE > row.row_count - row.null_count:
        return {}
    return {
        value["value"]: int(value["count"])
        for value in row.top_values
        if value["value"] is not None
        and len(value["value"]) <= LONGEST_VALUE
        and value["count"] >= LEAST_KEPT_SHARE * row.row_count
    }
