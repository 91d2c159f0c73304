"""Checks every table of a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from martech.quality.checks import Evidence, judge
from martech.quality.hook import QualityHook
from martech.quality.results import QualityResult
from martech.quality.tables import CURRENT, QualityTable
from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from martech.quality.profile import Profile


class CheckTablesOperator(WarehouseOperator):
    """Judges every table of a layer for a run's days and records the results; it never fails because of them.

    Three queries of INFORMATION_SCHEMA, and one query per table. Returns (to XCom) how many results
    there are and how many failed.

    :param layer: layer to check; map over it.
    :param tables: returns what is expected of the tables of a layer; called when the task runs, so that reading the
        declarations costs the scheduler nothing.
    :param raw_tables: returns the raw tables. What a built table has of days before all of them landed daily is no
        history: records are older than the first sync, and nothing could rebuild those days.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param results_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_checks.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "layer", "days", "results_table")
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        layer: str,
        tables: Callable[[str], Sequence[QualityTable]],
        raw_tables: Callable[[], Sequence[QualityTable]],
        days: Any,
        results_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.tables = tables
        self.raw_tables = raw_tables
        self.days = days
        self.results_table = results_table

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything and record it."""
        hook = self.warehouse(context, QualityHook)
        days = parse_days(self.days)
        tables = self.tables(self.layer)
        results: list[QualityResult] = []
        for table, columns, rows in self._known(hook, tables, days):
            results += self._check(hook, table, columns, rows, days)
        for result in results:
            if result.is_failed:
                log = self.log.error if result.is_blocking else self.log.warning
                log("%s: %s", result.check, result.message)
        hook.keep_results(self.results_table, results, context["ti"].run_id)
        failed = sum(result.is_failed for result in results)
        self.log.info("%s: %d tables, %d checks, %d failed.", self.layer, len(tables), len(results), failed)
        return {"checks": len(results), "failed": failed}

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    def _known(
        self, hook: QualityHook, tables: Sequence[QualityTable], days: list[date]
    ) -> list[tuple[QualityTable, Mapping[str, str], Mapping[date, int]]]:
        """Return each table with its columns and its rows by day."""
        dataset = tables[0].dataset_id
        names = [table.name for table in tables]
        columns = hook.columns(dataset, names)
        first = days[-1] - timedelta(days=max(table.history_days for table in tables))
        raw_days = hook.complete_days(self.raw_tables(), days[-1])
        first = max(first, min(raw_days, default=first))
        partitions = hook.rows_by_day(dataset, names, min(first, days[0]), days[-1])
        # A table of current state keeps no days: what it had is known from earlier runs.
        volumes = hook.volumes(self.results_table, first, days[-1] - timedelta(days=1))
        rows = {
            table.name: {day: int(found.value or 0) for day, found in volumes.get(table.label, {}).items()}
            if table.expect == CURRENT
            else partitions[table.name]
            for table in tables
        }
        return [(table, columns.get(table.name, {}), rows[table.name]) for table in tables]

    def _check(
        self,
        hook: QualityHook,
        table: QualityTable,
        columns: Mapping[str, str],
        rows: Mapping[date, int],
        days: list[date],
    ) -> list[QualityResult]:
        kept_since = self._today() - timedelta(days=table.history_days)
        days = [day for day in days if day > kept_since or table.expect == CURRENT]
        if not days:
            self.log.info("%s keeps no day before %s: there is nothing to check.", table.label, kept_since)
            return []
        profile: Profile | None = None
        # Without its columns there is nothing to ask; the schema check says so.
        if table.read_columns <= columns.keys():
            profile = hook.profile(table, days)
            if table.expect == CURRENT:
                rows = {**rows, days[-1]: profile.rows.get(days[-1], 0)}
        return judge(table, Evidence(days, columns, rows, profile))
