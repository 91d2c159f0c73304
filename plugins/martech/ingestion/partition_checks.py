"""Check one day's partition of a raw table. Nothing here talks to the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from martech.alerts.severity import Severity
from martech.warehouse.ddl import same_type

TRAILING_DAYS = 28
MINIMUM_HISTORY_DAYS = 7
MINUTE = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class CheckResult:
    """Outcome of one check.

    :param table: ``dataset.table``.
    :param day: data day that was checked.
    :param check: partition_exists, freshness, row_count, schema or columns_filled.
    :param passed: False where the expectation is not met.
    :param observed: what was found.
    :param expected: what was expected.
    :param message: what it means and, where it failed, the fix.
    :param severity: an error stops the chain.
    """

    table: str
    day: date
    check: str
    passed: bool
    observed: str
    expected: str
    message: str
    severity: Severity = Severity.ERROR

    @property
    def is_blocking(self) -> bool:
        """True if the chain must stop."""
        return not self.passed and self.severity == Severity.ERROR


def day_end(day: date) -> datetime:
    """Return the end of a data day, which is UTC midnight of the next one."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def missing_partition_message(table: str, day: date) -> str:
    """Return what an operator must know about a partition that has not landed."""
    return (
        f"{table} has no partition {day}: the day's data has not landed. "
        "Check the Fivetran connector's sync log, then clear this task."
    )


def check_partition_exists(table: str, day: date, rows: int, *, sparse: bool = False) -> CheckResult:
    """Check whether the day has landed.

    :param table: ``dataset.table``.
    :param day: data day.
    :param rows: rows of the day's partition, 0 if there is none.
    :param sparse: True where a day without rows is normal.
    """
    if rows:
        message = f"{table} has partition {day}."
    elif sparse:
        message = f"{table} has no rows for {day}, which is normal for this table."
    else:
        message = missing_partition_message(table, day)
    expected = "any number of rows" if sparse else "at least 1 row"
    return CheckResult(table, day, "partition_exists", rows > 0 or sparse, f"{rows} rows", expected, message)


def check_freshness(table: str, day: date, newest: datetime | None, max_age: timedelta) -> CheckResult:
    """Check whether syncing went on until (nearly) the end of the data day.

    A backfilled day is measured by its own end, never by the clock, and rows that landed later are as good.

    :param table: ``dataset.table``.
    :param day: data day.
    :param newest: newest landing time in the day's partition, aware; None if no row has one.
    :param max_age: allowed distance from the day's end.
    """
    oldest_allowed = day_end(day) - max_age
    passed = newest is not None and newest >= oldest_allowed
    observed = f"{newest:{MINUTE}}" if newest else "no landing time"
    expected = f"{oldest_allowed:{MINUTE}} or later"
    if passed:
        message = f"{table} is fresh for {day}."
    else:
        message = (
            f"{table} is late for {day}: its newest row landed at {observed}, expected {expected}. "
            "Syncing stopped during the day: re-sync the Fivetran connector, then clear this task."
        )
    return CheckResult(table, day, "freshness", passed, observed, expected, message)


def check_row_count(  # noqa: PLR0913 - the facts that a volume is compared with
    table: str,
    day: date,
    rows: int,
    history: Mapping[date, int],
    band: tuple[float, float],
    *,
    trailing_days: int = TRAILING_DAYS,
    minimum_days: int = MINIMUM_HISTORY_DAYS,
) -> CheckResult:
    """Compare the day's row count with the mean of the days before it.

    :param table: ``dataset.table``.
    :param day: data day.
    :param rows: rows of the day's partition.
    :param history: rows by day; only those of the ``trailing_days`` before ``day`` that have rows count.
    :param band: least and most rows, as shares of the mean.
    :param trailing_days: how far back the mean goes, in days.
    :param minimum_days: with fewer days of history the check passes with a note.
    """
    earliest = day - timedelta(days=trailing_days)
    trailing = [count for past, count in history.items() if earliest <= past < day and count > 0]
    observed = f"{rows} rows"
    if len(trailing) < minimum_days:
        note = f"{table} {day}: row count not checked, {len(trailing)} of {minimum_days} days of history."
        return CheckResult(table, day, "row_count", True, observed, "not checked", note)
    mean = sum(trailing) / len(trailing)
    low, high = band[0] * mean, band[1] * mean
    expected = f"{low:.0f} to {high:.0f} rows ({band[0]:g} to {band[1]:g} × the mean of {len(trailing)} days)"
    found = f"{table} has {rows} rows for {day}, expected {expected}."
    if rows < low:
        message = (
            f"{found} Look for a partial sync in the Fivetran connector's sync log and re-sync; if the drop "
            "is real, widen the table's declared volume_band. Then clear this task."
        )
    elif rows > high:
        message = (
            f"{found} Look for a re-sync that landed rows twice; if the rise is real, widen the table's "
            "volume_band. Then clear this task."
        )
    else:
        message = found
    return CheckResult(table, day, "row_count", low <= rows <= high, observed, expected, message)


def _missing_column(table: str, day: date, name: str, data_type: str) -> CheckResult:
    message = (
        f"{table}: column {name} is missing. Run the DAG that creates the tables, which adds it; if the source "
        "dropped it, take it out of the DDL and the models. Then clear this task."
    )
    return CheckResult(table, day, "schema", False, f"no {name}", f"{name} {data_type}", message)


def _changed_column(table: str, day: date, name: str, data_type: str, found: str) -> CheckResult:
    message = (
        f"{table}: column {name} is {found}, declared as {data_type}. Correct the type in the Fivetran connector, "
        "or change the DDL and migrate the table. Then clear this task."
    )
    return CheckResult(table, day, "schema", False, f"{name} {found}", f"{name} {data_type}", message)


def _extra_column(table: str, day: date, name: str, found: str) -> CheckResult:
    message = f"{table}: column {name} {found} is not declared. Nothing reads it; if it is wanted, add it to the DDL."
    return CheckResult(table, day, "schema", False, f"{name} {found}", f"no {name}", message, Severity.WARNING)


def check_schema(table: str, day: date, declared: Mapping[str, str], found: Mapping[str, str]) -> list[CheckResult]:
    """Compare a table's columns with the declared ones.

    Missing columns and changed types are errors, since models read them; extra columns are a warning.

    :param table: ``dataset.table``.
    :param day: data day for which the table was looked at.
    :param declared: types by column name, as declared.
    :param found: types by column name, as in the warehouse.
    :return: one result per difference, or one that passed.
    """
    results = []
    for name, data_type in declared.items():
        if name not in found:
            results.append(_missing_column(table, day, name, data_type))
        elif not same_type(data_type, found[name]):
            results.append(_changed_column(table, day, name, data_type, found[name]))
    results += [_extra_column(table, day, name, data_type) for name, data_type in found.items() if name not in declared]
    count = f"{len(declared)} columns"
    passed = CheckResult(table, day, "schema", True, count, count, f"{table} has the declared columns.")
    return results or [passed]
