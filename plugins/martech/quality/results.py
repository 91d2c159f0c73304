"""The outcome of a check, and what a run as a whole says."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from logging import Logger
from typing import Any

from martech.alerts.severity import Severity
from martech.ingestion.partition_checks import CheckResult


@dataclass(frozen=True)
class QualityResult:
    """Outcome of one check of a table, column and day; a row of ``ops.quality_checks``.

    :param layer: bronze, silver or gold.
    :param table: ``dataset.table``.
    :param day: data day that was checked.
    :param check: one of :data:`martech.quality.tables.CHECKS`.
    :param column: column, where the check is about one.
    :param severity: an error fails the run.
    :param passed: None where there was too little to decide.
    :param observed: what was found, in words.
    :param expected: what was expected, in words.
    :param message: what it means and, where it failed, the fix.
    :param value: what was found, as a number.
    :param low: least allowed value; None where there is no such bound.
    :param high: largest allowed value; None where there is no such bound.
    """

    layer: str
    table: str
    day: date
    check: str
    severity: Severity
    passed: bool | None
    observed: str
    expected: str
    message: str
    column: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_failed(self) -> bool:
        """True if the expectation was not met."""
        return self.passed is False

    @property
    def is_blocking(self) -> bool:
        """True if the run must fail."""
        return self.is_failed and self.severity == Severity.ERROR

    def as_row(self) -> dict[str, Any]:
        """Return what ``ops.quality_checks`` keeps of it, beside the run."""
        facts = asdict(self)
        return {
            "checked_day": facts.pop("day").isoformat(),
            "table_name": facts.pop("table"),
            "check_name": facts.pop("check"),
            "column_name": facts.pop("column"),
            "observed_value": facts.pop("value"),
            "expected_low": facts.pop("low"),
            "expected_high": facts.pop("high"),
            **facts,
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> QualityResult:
        """Return the result that a row of ``ops.quality_checks`` keeps."""
        return cls(
            layer=row["layer"],
            table=row["table_name"],
            day=row["checked_day"],
            check=row["check_name"],
            severity=Severity(row["severity"]),
            passed=row["passed"],
            observed=row["observed"],
            expected=row["expected"],
            message=row["message"],
            column=row["column_name"],
            value=row["observed_value"],
            low=row["expected_low"],
            high=row["expected_high"],
        )

    @classmethod
    def from_partition_check(cls, layer: str, result: CheckResult, severity: Severity) -> QualityResult:
        """Return what ingestion's own check says, as a result of this DAG.

        :param layer: layer of the table.
        :param result: result of a function of :mod:`martech.ingestion.partition_checks`.
        :param severity: severity of the check; what ingestion only warns of stays a warning.
        """
        return cls(
            layer=layer,
            table=result.table,
            day=result.day,
            check=result.check,
            severity=severity if result.severity == Severity.ERROR else result.severity,
            passed=result.passed,
            observed=result.observed,
            expected=result.expected,
            message=result.message,
        )


@dataclass(frozen=True)
class Failure:
    """A check of a table and column that failed, on one day or more.

    :param first: the result of the first day.
    :param days: the days, in order.
    """

    first: QualityResult
    days: tuple[date, ...]

    @property
    def days_text(self) -> str:
        """The days in words: the first, and how many more."""
        more = len(self.days) - 1
        return f"{self.days[0]}" + (f" and {more} more" if more else "")


def log_failures(log: Logger, results: Iterable[QualityResult]) -> int:
    """Log every result that failed, what fails the run as an error, and return how many there are.

    :param log: the task's logger.
    :param results: results, failed or not.
    """
    failed = [result for result in results if result.is_failed]
    for result in failed:
        log.log(logging.ERROR if result.is_blocking else logging.WARNING, "%s: %s", result.check, result.message)
    return len(failed)


def failures_of(results: Iterable[QualityResult]) -> list[Failure]:
    """Return what failed, the days of one check together, errors first.

    :param results: results, failed or not.
    """
    groups: dict[tuple[object, ...], list[QualityResult]] = {}
    for result in results:
        if result.is_failed:
            # Differences of a schema are one each, the days of another check are one in the end.
            what = result.message if result.check == "schema" else None
            groups.setdefault((result.table, result.check, result.column, what), []).append(result)
    found = []
    for group in groups.values():
        group.sort(key=lambda result: result.day)
        found.append(Failure(group[0], tuple(result.day for result in group)))
    return sorted(found, key=lambda f: (not f.first.is_blocking, f.first.table, f.first.check, f.first.column or ""))


def failure_lines(results: Iterable[QualityResult]) -> list[str]:
    """Return one line per table, check and column that failed: its first message and how many days more.

    :param results: results, failed or not.
    """
    return [
        f"{failure.first.check}: {failure.first.message}"
        + (f" (and {len(failure.days) - 1} days more)" if len(failure.days) > 1 else "")
        for failure in failures_of(results)
    ]
