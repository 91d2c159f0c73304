"""Check one day's partition of a raw table. Nothing here talks to the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from martech.alerts.severity import Severity
from martech.ingestion.volumes import Usual, VolumeRules
from martech.warehouse.ddl import same_type

# With fewer rows than one an hour, some quiet hours at the end of a day say nothing of the connector.
STEADY_ROWS = 24
# Where so many times the usual rows have landed, it is worth reading whether they are copies.
LOOKS_DOUBLE = 1.5
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


def was_synced_later(table: str, day: date, rows: Mapping[str, Mapping[date, int]]) -> bool:
    """Return whether the source was synced after a day had ended: another of its tables has rows of a later one.

    The table's own later rows do not count, they leave a hole in it; and a table that has no rows at all may not be
    synced yet.

    :param table: table id.
    :param day: data day.
    :param rows: rows by table and day, of all tables of the source, from some time before the day until now.
    """
    others = [counts for other, counts in rows.items() if other != table]
    return any(rows[table].values()) and any(
        later > day and count for known in others for later, count in known.items()
    )


@dataclass(frozen=True)
class SourceDay:
    """What is known of a source's day as a whole, beside one table's part of it.

    :param rows: rows of all its tables.
    :param newest: newest landing time of all its tables, aware; None if no row has one.
    :param delivered_at: when the connector's sync succeeded, aware; None where nothing says so.
    """

    rows: int = 0
    newest: datetime | None = None
    delivered_at: datetime | None = None

    def has_delivered(self, day: date) -> bool:
        """Return whether the source was synced after the day had ended: a table that lacks rows has none then.

        :param day: data day.
        """
        return any(moment is not None and moment >= day_end(day) for moment in (self.newest, self.delivered_at))


def check_freshness(
    table: str, day: date, newest: datetime | None, max_age: timedelta, source: SourceDay | None = None
) -> CheckResult:
    """Check whether syncing went on until (nearly) the end of the data day.

    A backfilled day is measured by its own end, never by the clock, and rows that landed later are as good. A table
    that is quiet in a source that was synced is no fault; in a source with few rows it is only a warning.

    :param table: ``dataset.table``.
    :param day: data day.
    :param newest: newest landing time in the day's partition, aware; None if no row has one.
    :param max_age: allowed distance from the day's end: what the connector's sync interval explains.
    :param source: the source's day as a whole; None where only the table is known.
    """
    oldest_allowed = day_end(day) - max_age
    is_fresh = newest is not None and newest >= oldest_allowed
    observed = f"{newest:{MINUTE}}" if newest else "no landing time"
    expected = f"{oldest_allowed:{MINUTE}} or later"
    severity = Severity.ERROR
    if is_fresh:
        message = f"{table} is fresh for {day}."
    elif newest is not None and source and source.has_delivered(day):
        is_fresh = True
        message = f"{table} had no rows after {observed}, and the source was synced after the end of {day}."
    else:
        message = (
            f"{table} is late for {day}: its newest row landed at {observed}, expected {expected}. "
            "Syncing stopped during the day: re-sync the Fivetran connector, then clear this task."
        )
        if source and newest and source.newest and source.newest >= oldest_allowed:
            severity = Severity.WARNING
            message += f" Other tables of the source landed until {source.newest:{MINUTE}}: it may only be quiet."
        elif source and newest and source.rows < STEADY_ROWS:
            severity = Severity.WARNING
            message += f" The source has {source.rows} rows of the day, so that hours without any are normal."
    return CheckResult(table, day, "freshness", is_fresh, observed, expected, message, severity)


def looks_double(rows: int, usual: Usual | None) -> bool:
    """Return whether a day has so many rows that they may have landed twice.

    :param rows: rows of the day's partition.
    :param usual: what the day usually has; None where too little is known.
    """
    return usual is not None and rows >= LOOKS_DOUBLE * usual.rows


def check_row_count(  # noqa: PLR0913 - the facts that a volume is compared with
    table: str,
    day: date,
    rows: int,
    usual: Usual | None,
    *,
    band: tuple[float, float],
    rules: VolumeRules,
    copies: int = 0,
) -> CheckResult:
    """Compare the day's row count with what is usual.

    Almost no rows, and a day that has landed twice, are errors; any other distance from the usual is a warning.

    :param table: ``dataset.table``.
    :param day: data day.
    :param rows: rows of the day's partition.
    :param usual: what the day usually has; None where too little is known, and nothing is checked.
    :param band: least and most rows, as shares of the usual.
    :param rules: when a volume is an error.
    :param copies: rows of the day that another row of it has in all columns but the landing time.
    """
    observed = f"{rows} rows"
    if usual is None:
        note = f"{table} {day}: row count not checked, too few days of history."
        return CheckResult(table, day, "row_count", True, observed, "not checked", note)
    low, high = usual.band(band)
    expected = f"{low:.0f} to {high:.0f} rows (usual: {usual.rows:.0f}, {usual.basis})"
    if usual.occasion:
        expected += f" on {usual.occasion.name}"
    found = f"{table} has {rows} rows for {day}, expected {expected}."
    passed, severity = low <= rows <= high, Severity.WARNING
    if rows and copies / rows > rules.copies:
        passed, severity = False, Severity.ERROR
        message = (
            f"{found} {copies} of them are copies: the day landed twice. Land it again, which replaces it (clear "
            "land_rows), or delete the copies where something else fills the table. Then clear this task."
        )
    elif 0 < rows < rules.near_zero * usual.rows:
        passed, severity = False, Severity.ERROR
        message = (
            f"{found} That is almost nothing: look for a partial sync in the Fivetran connector's sync log, re-sync, "
            "and clear this task. If the day was really so, say so: run the DAG for it with accept_checks."
        )
    elif rows < low:
        message = f"{found} Look for a partial sync in the Fivetran connector's sync log; a real drop needs nothing."
    elif rows > high:
        message = f"{found} Its rows are no copies; if the rise comes every year, name it in the calendar of volumes."
    else:
        message = found
    return CheckResult(table, day, "row_count", passed, observed, expected, message, severity)


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
