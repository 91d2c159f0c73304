"""Checks what landed before anything is built on it, and reports who is late at the deadline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from martech.ingestion.partition_checks import (
    TRAILING_DAYS,
    CheckResult,
    check_freshness,
    check_partition_exists,
    check_row_count,
    check_schema,
)
from martech.ingestion.raw_table import RawTable
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.partitions_client import PartitionsClient

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class BigQueryPartitionCheckOperator(WarehouseOperator):
    """Checks existence, freshness, row count and schema of tables × days, and fails if an error was found.

    Every table is checked before it fails, so that one bad table hides nothing. Returns (to XCom) the number
    of checks and the warnings.

    :param dataset_id: dataset of the tables (templated).
    :param tables: what is expected of each table.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param delivered: what says that the connector has delivered the days, empty if nothing does: a day may have no
        rows then (templated).
    :param results_table: ``project.dataset.table`` to which all results are appended, shaped like
        ``include/sql/ops/partition_checks.sql``; None records nothing (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowException: with the message and fix of every check of severity ``error`` that failed.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "dataset_id",
        "days",
        "delivered",
        "results_table",
    )
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        dataset_id: str,
        tables: Sequence[RawTable],
        days: Any,
        delivered: str = "",
        results_table: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dataset_id = dataset_id
        self.tables = tables
        self.days = days
        self.delivered = delivered
        self.results_table = results_table

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything, record it, then fail or go on."""
        client = self.warehouse(context, PartitionsClient)
        results = list(self._results(client, parse_days(self.days)))
        for result in results:
            log = self.log.info if result.passed else self.log.error if result.is_blocking else self.log.warning
            log("%s: %s", result.check, result.message)
        if self.results_table:
            client.append_rows(self.results_table, [check_row(result, context) for result in results])
        blocking = [result.message for result in results if result.is_blocking]
        if blocking:
            raise AirflowException(
                f"{len(blocking)} of {len(results)} partition checks failed:\n" + "\n".join(blocking)
            )
        return {
            "checks": len(results),
            "warnings": [result.message for result in results if not result.passed],
        }

    def _results(self, client: PartitionsClient, days: list[date]) -> Iterator[CheckResult]:
        names = [table.name for table in self.tables]
        columns = client.columns(self.dataset_id, names)
        earliest = days[0] - timedelta(days=TRAILING_DAYS)
        rows = client.rows_by_day(self.dataset_id, names, earliest, days[-1])
        for table in self.tables:
            yield from self._check_table(client, table, days, columns.get(table.name, {}), rows[table.name])

    def _check_table(
        self,
        client: PartitionsClient,
        table: RawTable,
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
            client.newest_by_day(
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
            yield check_partition_exists(name, day, rows.get(day, 0), sparse=table.is_sparse or bool(self.delivered))
            if day in landed:
                yield check_freshness(name, day, newest.get(day), table.max_age)
                if not table.is_sparse:
                    yield check_row_count(name, day, rows[day], rows, table.volume_band)


def check_row(result: CheckResult, context: Context) -> dict[str, Any]:
    """Return a check as the table of checks keeps it.

    :param result: the check.
    :param context: the context of the task that checked.
    """
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


@dataclass(frozen=True)
class Milestone:
    """What one DAG of a chain leaves in the warehouse for every day.

    :param layer: layer of the tables, for the message.
    :param dag_id: DAG that fills them.
    :param dataset_id: their dataset.
    :param tables: tables, partitioned by day, that have rows of every day.
    """

    layer: str
    dag_id: str
    dataset_id: str
    tables: tuple[str, ...]


class DeadlineOperator(WarehouseOperator):
    """Fails, without a retry, where the last layer lacks a day; names the first layer that is late.

    Asks the warehouse and not Airflow, so that it holds whatever built the tables, and reads no table data.

    :param milestones: the chain, from its first layer to its last.
    :param days: data days: ISO dates, or a template that gives them between commas (templated).
    :param deadline: the time that has passed, for the message.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: where a day is not built.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days")
    ui_color = "#fff3e0"

    def __init__(self, *, milestones: Sequence[Milestone], days: Any, deadline: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.milestones = milestones
        self.days = days
        self.deadline = deadline

    def execute(self, context: Context) -> None:
        """Look at the last layer, and where it is late at those before it."""
        client = self.warehouse(context, PartitionsClient)
        days = parse_days(self.days)
        last = self.milestones[-1].layer
        if not self._missing(client, last, days):
            self.log.info("%s is built for %s.", last, self.days)
            return
        for layer in dict.fromkeys(milestone.layer for milestone in self.milestones):
            late = self._missing(client, layer, days)
            if late:
                tables = "\n".join(f"{dag_id}: no rows in {', '.join(names)}" for dag_id, names in late.items())
                raise AirflowFailException(
                    f"{last} is not built for {self.days} at the deadline, {self.deadline}. "
                    f"The first late layer is {layer}; look at {', '.join(late)}.\n{tables}"
                )

    def _missing(self, client: PartitionsClient, layer: str, days: list[date]) -> dict[str, list[str]]:
        """Return the tables and days without rows, by DAG."""
        found: dict[str, list[str]] = {}
        for milestone in self.milestones:
            if milestone.layer != layer:
                continue
            rows = client.rows_by_day(milestone.dataset_id, milestone.tables, days[0], days[-1])
            for table in milestone.tables:
                missing = [f"{milestone.dataset_id}.{table} of {day}" for day in days if not rows[table].get(day)]
                if missing:
                    found.setdefault(milestone.dag_id, []).extend(missing)
        return found
