"""Checks partitions of raw tables before anything is built on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException

from martech.ingestion.partition_checks import (
    TRAILING_DAYS,
    CheckResult,
    TableExpectation,
    check_freshness,
    check_partition_exists,
    check_row_count,
    check_schema,
)
from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator
from martech.warehouse.partitions_hook import BigQueryPartitionsHook

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class BigQueryPartitionCheckOperator(WarehouseOperator):
    """Checks existence, freshness, row count and schema of tables × days, and fails if an error was found.

    Every table is checked before it fails, so that one bad table hides nothing. Returns (to XCom) the number
    of checks and the warnings.

    :param dataset_id: dataset of the tables (templated).
    :param tables: what is expected of each table.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param results_table: ``project.dataset.table`` to which all results are appended, shaped like
        ``include/sql/ops/partition_checks.sql``; None records nothing (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowException: with the message and cure of every check of severity ``error`` that failed.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "dataset_id", "days", "results_table")
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        dataset_id: str,
        tables: Sequence[TableExpectation],
        days: Any,
        results_table: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dataset_id = dataset_id
        self.tables = tables
        self.days = days
        self.results_table = results_table

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything, record it, then fail or go on."""
        hook = self.warehouse(context, BigQueryPartitionsHook)
        results = list(self._results(hook, parse_days(self.days)))
        for result in results:
            log = self.log.info if result.passed else self.log.error if result.is_blocking else self.log.warning
            log("%s: %s", result.check, result.message)
        if self.results_table:
            hook.append_rows(self.results_table, [self._row(result, context) for result in results])
        blocking = [result.message for result in results if result.is_blocking]
        if blocking:
            raise AirflowException(
                f"{len(blocking)} of {len(results)} partition checks failed:\n" + "\n".join(blocking)
            )
        return {
            "checks": len(results),
            "warnings": [result.message for result in results if not result.passed],
        }

    def _results(self, hook: BigQueryPartitionsHook, days: list[date]) -> Iterator[CheckResult]:
        names = [table.name for table in self.tables]
        columns = hook.columns(self.dataset_id, names)
        earliest = days[0] - timedelta(days=TRAILING_DAYS)
        rows = hook.rows_by_day(self.dataset_id, names, earliest, days[-1])
        for table in self.tables:
            yield from self._check_table(hook, table, days, columns.get(table.name, {}), rows[table.name])

    def _check_table(
        self,
        hook: BigQueryPartitionsHook,
        table: TableExpectation,
        days: list[date],
        columns: dict[str, str],
        rows: dict[date, int],
    ) -> Iterator[CheckResult]:
        name = f"{self.dataset_id}.{table.name}"
        if table.columns:
            yield from check_schema(name, days[-1], table.columns, columns)
        landed = [day for day in days if rows.get(day)]
        # Without these columns there is nothing to ask; the schema check has said so.
        can_ask = landed and {table.partition_field, table.loaded_at_field} <= columns.keys()
        newest = (
            hook.newest_by_day(
                self.dataset_id,
                table.name,
                landed,
                partition_field=table.partition_field,
                partition_type=columns[table.partition_field],
                loaded_at_field=table.loaded_at_field,
            )
            if can_ask
            else {}
        )
        for day in days:
            yield check_partition_exists(name, day, rows.get(day, 0), sparse=table.sparse)
            if day in landed:
                yield check_freshness(name, day, newest.get(day), table.max_age)
                if not table.sparse:
                    yield check_row_count(name, day, rows[day], rows, table.volume_band)

    @staticmethod
    def _row(result: CheckResult, context: Context) -> dict[str, Any]:
        task = context["ti"]
        facts = asdict(result)
        return {
            "checked_day": facts.pop("day").isoformat(),
            "table_name": facts.pop("table"),
            "check_name": facts.pop("check"),
            "reason": facts.pop("message"),
            **facts,
            "dag_id": task.dag_id,
            "task_id": task.task_id,
            "run_id": task.run_id,
            "try_number": task.try_number,
            "checked_at": datetime.now(UTC).isoformat(),
        }
