"""The step of the quality DAG that profiles every column and compares it with its own past."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from martech.alerts.severity import Severity
from martech.ingestion.volumes import VolumeRules
from martech.quality.client import QualityClient
from martech.quality.column_monitors import MonitorLimits, Unusual, unusual_columns
from martech.quality.column_profiles import Profiles
from martech.quality.results import QualityResult, log_failures
from martech.quality.tables import CURRENT, MONITOR, QualityTable
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

LIMITS = MonitorLimits()


class MonitorColumnsOperator(WarehouseOperator):
    """Profiles every column of a layer's tables, keeps the profiles, and records what is unusual; never fails for it.

    One query per table, which reads the run's days; where fewer days are kept than are compared with, it reads those
    too, so that the first run has a past. Tables of current state have the past that earlier runs have kept.
    Returns (to XCom) how many tables were compared, and how many columns are unusual.

    :param layer: layer to profile; map over it.
    :param load_tables: returns what is expected of the tables of a layer; called when the task runs, as the others.
    :param load_personal: returns personal columns by full name of a table: no value of them is kept. Of a table that it
        does not name no value is.
    :param load_calendar: returns the days that differ every year: limits are five times as wide on them, and no day is
        compared with them.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param results_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_checks.sql`` (templated).
    :param profiles_table: ``project.dataset.table``, shaped like ``include/sql/ops/column_profiles.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "layer",
        "days",
        "results_table",
        "profiles_table",
    )
    ui_color = "#e8f5e9"

    def __init__(  # noqa: PLR0913 - what is known of the tables, and where the outcome is kept
        self,
        *,
        layer: str,
        load_tables: Callable[[str], Sequence[QualityTable]],
        load_personal: Callable[[], Mapping[str, Collection[str]]],
        load_calendar: Callable[[], VolumeRules],
        days: Any,
        results_table: str,
        profiles_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.load_tables = load_tables
        self.load_personal = load_personal
        self.load_calendar = load_calendar
        self.days = days
        self.results_table = results_table
        self.profiles_table = profiles_table

    def execute(self, context: Context) -> dict[str, int]:
        """Profile, keep, compare and record."""
        client = self.warehouse(context, QualityClient)
        days = parse_days(self.days)
        tables = [table for table in self.load_tables(self.layer) if MONITOR in table.severity]
        known = client.column_profiles(self.profiles_table, self.layer, days[0] - timedelta(days=LIMITS.days), days[-1])
        columns = client.columns(tables[0].dataset_id, [table.name for table in tables]) if tables else {}
        personal, calendar = self.load_personal(), self.load_calendar()
        run_id = context["ti"].run_id
        results: list[QualityResult] = []
        for table in tables:
            # The schema check says what is missing.
            if not table.columns.keys() <= columns.get(table.name, {}).keys():
                continue
            name = f"{client.project_id}.{table.label}"
            kept = known.get(table.label, {})
            first = days[0] if _is_kept(kept, days[0]) or table.expect == CURRENT else _first_of_past(days[0])
            found = client.profile_columns(table, first, days[-1], personal.get(name, table.columns))
            client.keep_column_profiles(self.profiles_table, table, found, run_id)
            past = {column: {**kept.get(column, {}), **by_day} for column, by_day in found.items()}
            checked = days[-1:] if table.expect == CURRENT else days
            results += [result for day in checked for result in compare(table, day, past, calendar)]
        client.keep_results(self.results_table, results, run_id)
        return {"tables": len({result.table for result in results}), "unusual": log_failures(self.log, results)}


def _is_kept(profiles: Profiles, day: date) -> bool:
    """Return whether enough days before one are kept to compare it with."""
    days = {known for by_day in profiles.values() for known in by_day if known < day}
    return len(days) >= LIMITS.minimum_days


def _first_of_past(day: date) -> date:
    return day - timedelta(days=LIMITS.days)


def compare(table: QualityTable, day: date, profiles: Profiles, calendar: VolumeRules) -> Iterator[QualityResult]:
    """Yield a result for each column that is unusual on a day, or one that says that none is.

    :param table: the table.
    :param day: the day.
    :param profiles: its profiles by column and day.
    :param calendar: days that differ every year.
    """
    occasion = calendar.occasion(day)
    compared = [day - timedelta(days=ago) for ago in range(1, LIMITS.days + 1)]
    kept = {day, *(known for known in compared if not calendar.occasion(known))}
    ordinary = {
        column: {known: found for known, found in by_day.items() if known in kept}
        for column, by_day in profiles.items()
    }
    unusual = unusual_columns(day, ordinary, LIMITS.widened() if occasion else LIMITS)
    expected = "each column as on the days before" + (
        f", five times as wide limits for {occasion.name}" if occasion else ""
    )
    facts: dict[str, Any] = {
        "layer": table.layer,
        "table": table.label,
        "day": day,
        "check": MONITOR,
        "severity": table.severity.get(MONITOR, Severity.WARNING),
    }
    if unusual is None:
        why = f"it has no rows, or there are fewer than {LIMITS.minimum_days} days to compare it with"
        message = f"{table.label}: {MONITOR} not checked for {day}, {why}."
        yield QualityResult(**facts, passed=None, observed="too little", expected="not checked", message=message)
    elif not unusual:
        message = f"{table.label}: no column is unusual on {day}."
        yield QualityResult(**facts, passed=True, observed="nothing unusual", expected=expected, message=message)
    else:
        for column, found in unusual.items():
            yield _failure(table, facts, column, found, expected)


def _failure(
    table: QualityTable, facts: Mapping[str, Any], column: str, found: Sequence[Unusual], expected: str
) -> QualityResult:
    observed = "; ".join(f"{one.what} {one.seen}, usually {one.usual}" for one in found)
    message = (
        f"{table.label}.{column} on {facts['day']}: {observed}. Ask who runs the source what changed; if it is broken, "
        f'fix it and rebuild the day. A real change is usual after {LIMITS.days} days, or set monitor to "off" under '
        f"severity of {table.layer}.{table.name} in {table.declared_in}."
    )
    return QualityResult(
        **facts,
        passed=False,
        column=column,
        observed=observed,
        expected=expected,
        message=message,
        value=found[0].value,
    )
