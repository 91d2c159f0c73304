"""Check whether tables forget what they must and keep what they must. Nothing here asks the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from martech.alerts.severity import Severity

EXPIRATION, OVERDUE, DECLARED, DEFAULT = "expiration", "overdue_partition", "declared_table", "dataset_default"
EXPORT = "overdue_export"
# BigQuery deletes an expired partition some time after it expired.
GRACE = timedelta(days=2)


@dataclass(frozen=True)
class TableRetention:
    """How a table of the warehouse forgets.

    :param is_partitioned: False where it has no partitions to expire.
    :param expiration_days: its partition expiry; None keeps partitions forever.
    :param oldest: day of its oldest partition; None if it has none.
    :param is_temporary: True where the table itself has an expiry, as dbt's temporary tables do.
    """

    is_partitioned: bool
    expiration_days: float | None
    oldest: date | None
    is_temporary: bool = False


@dataclass(frozen=True)
class ExportRetention:
    """How long an export that makes a table per day is to keep them.

    :param prefixes: what the tables' names begin with, before the day.
    :param days: days that are kept.
    :param variable: the setting that names the dataset, for messages.
    """

    prefixes: tuple[str, ...]
    days: int
    variable: str


@dataclass(frozen=True)
class RetentionCheck:
    """Outcome of one check.

    :param dataset: dataset id.
    :param table: table id; None for the dataset itself.
    :param check: expiration, overdue_partition, declared_table, dataset_default or overdue_export.
    :param passed: False where the policy is not met.
    :param observed: what was found.
    :param expected: what is declared.
    :param message: what it means and, where it failed, the fix.
    :param severity: an error where the table can be put right by its expiry, else a warning.
    """

    dataset: str
    table: str | None
    check: str
    passed: bool
    observed: str
    expected: str
    message: str
    severity: Severity = Severity.WARNING


def _days(days: float | None) -> str:
    return "forever" if days is None else f"{days:g} days"


def _check_expiration(dataset: str, table: str, declared: int | None, found: TableRetention) -> RetentionCheck:
    name = f"{dataset}.{table}"
    passed = found.expiration_days == declared
    if passed:
        message = f"{name} keeps partitions {_days(declared)}, as declared."
    elif not found.is_partitioned:
        message = f"{name} has no partitions, so that it can forget nothing: create it again from its DDL or dbt model."
    else:
        message = (
            f"{name} keeps partitions {_days(found.expiration_days)}, declared is {_days(declared)}. If the table is "
            "right, change partition_expiration_days in its dbt model, or in its DDL where no model makes it."
        )
    return RetentionCheck(
        dataset, table, EXPIRATION, passed, _days(found.expiration_days), _days(declared), message, Severity.ERROR
    )


def _check_overdue(dataset: str, table: str, declared: int, oldest: date, today: date) -> RetentionCheck:
    first_kept = today - timedelta(days=declared) - GRACE
    passed = oldest >= first_kept
    message = f"{dataset}.{table} holds nothing older than declared."
    if not passed:
        message = (
            f"{dataset}.{table} still holds {oldest}, which had to be forgotten after {declared} days. BigQuery "
            "deletes expired partitions by itself: look at the table's expiry and at legal holds."
        )
    return RetentionCheck(dataset, table, OVERDUE, passed, f"{oldest}", f"{first_kept} or later", message)


def check_dataset(
    dataset: str, declared: Mapping[str, int | None], found: Mapping[str, TableRetention], today: date
) -> Iterator[RetentionCheck]:
    """Compare the tables of a dataset with what is declared of them.

    Tables that are declared and not there are left out: nothing was built yet. A table whose expiry differs is not
    asked for overdue partitions, since BigQuery had no reason to delete them.

    :param dataset: dataset id.
    :param declared: days by table id; None keeps partitions forever.
    :param found: tables of the dataset.
    :param today: the current UTC day.
    """
    for table, retention in found.items():
        if table not in declared:
            if not retention.is_temporary:
                yield RetentionCheck(
                    dataset,
                    table,
                    DECLARED,
                    False,
                    f"keeps partitions {_days(retention.expiration_days)}",
                    "no such table",
                    f"{dataset}.{table} is declared nowhere, so nobody answers for what it keeps: drop it, or "
                    "declare it.",
                )
            continue
        days = declared[table]
        expiration = _check_expiration(dataset, table, days, retention)
        yield expiration
        if expiration.passed and days is not None and retention.oldest is not None:
            yield _check_overdue(dataset, table, days, retention.oldest, today)


def check_default(dataset: str, table_expiration: float | None, partition_expiration: float | None) -> RetentionCheck:
    """Check a dataset's own defaults, which new tables would silently get; this project sets none.

    :param dataset: dataset id.
    :param table_expiration: default expiry of its tables, in days.
    :param partition_expiration: default expiry of their partitions, in days.
    """
    passed = table_expiration is None and partition_expiration is None
    observed = f"tables {_days(table_expiration)}, partitions {_days(partition_expiration)}"
    message = f"{dataset} leaves expiry to its tables."
    if not passed:
        message = (
            f"Dataset {dataset} has a default expiry ({observed}), which every new table gets: remove it with "
            f"ALTER SCHEMA {dataset} SET OPTIONS (default_table_expiration_days = NULL, "
            "default_partition_expiration_days = NULL)."
        )
    return RetentionCheck(dataset, None, DEFAULT, passed, observed, "no default expiry", message)


def check_export(dataset: str, declared: ExportRetention, found: Mapping[str, date], today: date) -> RetentionCheck:
    """Check that an export keeps no table of a day longer than declared. Its owner alone can change that.

    :param dataset: dataset of the export.
    :param declared: what is declared of it.
    :param found: day of each table.
    :param today: the current UTC day.
    """
    first_kept = today - timedelta(days=declared.days) - GRACE
    overdue = sorted(table for table, day in found.items() if day < first_kept)
    oldest = min(found.values(), default=None)
    message = f"{dataset} has no table of a day older than declared."
    if overdue:
        message = (
            f"{dataset}, which {declared.variable} names, still has {len(overdue)} tables of days before {first_kept}, "
            f"from {overdue[0]} on; {declared.days} days are declared. The pipeline may only read it. As its owner set "
            f"ALTER SCHEMA {dataset} SET OPTIONS (default_table_expiration_days = {declared.days}), which new tables "
            "get, and drop the older ones; or change keep_days in its landing."
        )
    return RetentionCheck(dataset, None, EXPORT, not overdue, f"{oldest}", f"{first_kept} or later", message)
