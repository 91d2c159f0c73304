"""Checks what landed before anything is built on it, and reports who is late at the deadline."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.ingestion.partition_checks import (
    STEADY_ROWS,
    CheckResult,
    SourceDay,
    check_freshness,
    check_partition_exists,
    check_row_count,
    check_schema,
    looks_double,
    was_synced_later,
)
from martech.ingestion.raw_table import RawTable
from martech.ingestion.volumes import TRAILING_DAYS, VolumeRules, usual_volume
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.partitions_client import PartitionsClient
from martech.warehouse.statements import statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?\+\d{2}:\d{2}")


class BigQueryPartitionCheckOperator(WarehouseOperator):
    """Checks existence, freshness, row count and schema of a source's tables × days, and fails if an error was found.

    Every table is checked before it fails, so that one bad table hides nothing. It fails without a retry: only other
    data, or a person who accepts it, can help. A check that was accepted once is a warning for its day from then on.
    Returns (to XCom) the number of checks and the warnings.

    :param dataset_id: dataset of the tables (templated).
    :param tables: what is expected of each table of the source.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param delivered: what says that the connector has delivered the days, empty if nothing does: a day may have no
        rows then (templated). Where it holds times, they are those of the syncs' success.
    :param load_rules: returns when a volume is an error, and which days differ; called when the task runs.
    :param accept: who accepts what fails in this run, and why (see :func:`acceptance_of`); empty if nobody does
        (templated).
    :param results_table: ``project.dataset.table`` to which all results are appended, shaped like
        ``include/sql/ops/partition_checks.sql``; None records nothing (templated).
    :param alert: called when volumes warned or a failure was accepted; None only logs.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: with the message and fix of every check of severity ``error`` that failed.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "dataset_id",
        "days",
        "delivered",
        "accept",
        "results_table",
    )
    ui_color = "#e8f5e9"

    def __init__(  # noqa: PLR0913 - what is expected, what is known, and who is told
        self,
        *,
        dataset_id: str,
        tables: Sequence[RawTable],
        days: Any,
        delivered: str = "",
        load_rules: Callable[[], VolumeRules] = VolumeRules,
        accept: Any = None,
        results_table: str | None = None,
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dataset_id = dataset_id
        self.tables = tables
        self.days = days
        self.delivered = delivered
        self.load_rules = load_rules
        self.accept = accept
        self.results_table = results_table
        self.alert = alert

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything, record it, then fail or go on."""
        acceptance = acceptance_of(self.accept)
        client = self.warehouse(context, PartitionsClient)
        days = parse_days(self.days)
        results = list(self._results(client, days))
        accepted = self._accepted_before(client, days)
        blocking: list[CheckResult] = []
        for result in results:
            log = self.log.info if result.passed else self.log.error if result.is_blocking else self.log.warning
            log("%s: %s", result.check, result.message)
            if result.is_blocking and (result.table, result.check, result.day) not in accepted:
                blocking.append(result)
        if self.results_table:
            rows = [check_row(result, context, acceptance if result in blocking else None) for result in results]
            client.append_rows(self.results_table, rows)
        if blocking and acceptance is None:
            raise AirflowFailException(
                f"{len(blocking)} of {len(results)} partition checks failed:\n"
                + "\n".join(result.message for result in blocking)
            )
        self._tell(results, blocking, acceptance, context)
        return {
            "checks": len(results),
            "warnings": [result.message for result in results if not result.passed],
        }

    def _tell(
        self,
        results: Sequence[CheckResult],
        accepted: Sequence[CheckResult],
        acceptance: Acceptance | None,
        context: Context,
    ) -> None:
        """Send one alert with the volumes that warn, and with what was accepted in this run."""
        odd = [result for result in results if result.check == "row_count" and not result.passed]
        lines = [result.message for result in dict.fromkeys((*accepted, *odd))]
        if not lines or self.alert is None:
            return
        title = f"{len(lines)} checks of {self.dataset_id} warn; the chain goes on"
        if accepted and acceptance:
            self.log.warning("%d failures are accepted by %s: %s", len(accepted), acceptance.who, acceptance.why)
            title = f"{len(accepted)} failed checks were accepted by {acceptance.who}: {acceptance.why}"
        fix = "Look at the days in ops.partition_checks. What landed is used as it is; land a day again if it is wrong."
        self.alert(Alert(title, "\n".join(lines), fix, severity=Severity.WARNING), context)

    def _accepted_before(self, client: PartitionsClient, days: list[date]) -> set[tuple[str, str, date]]:
        """Return table, check and day of what somebody accepted in an earlier run."""
        if not self.results_table:
            return set()
        rows = client.query(
            statement("ingestion/sql/accepted_checks.sql", results=self.results_table),
            first=days[0],
            last=days[-1],
            tables=[f"{self.dataset_id}.{table.name}" for table in self.tables],
        )
        return {(row.table_name, row.check_name, row.checked_day) for row in rows}

    def _results(self, client: PartitionsClient, days: list[date]) -> Iterator[CheckResult]:
        names = [table.name for table in self.tables]
        columns = client.columns(self.dataset_id, names)
        earliest = days[0] - timedelta(days=TRAILING_DAYS)
        rows = client.rows_by_day(self.dataset_id, names, earliest, max(days[-1], datetime.now(UTC).date()))
        newest = {
            table.name: self._newest(client, table, days, columns.get(table.name, {}), rows[table.name])
            for table in self.tables
        }
        source = self._source_days(days, rows, newest)
        rules = self.load_rules()
        for table in self.tables:
            name = f"{self.dataset_id}.{table.name}"
            found = columns.get(table.name, {})
            if table.columns:
                yield from check_schema(name, days[-1], table.columns, found)
            for day in days:
                may_be_empty = (
                    table.is_sparse
                    or bool(self.delivered)
                    or source[day].has_delivered(day)
                    or was_synced_later(table.name, day, rows)
                )
                yield check_partition_exists(name, day, rows[table.name].get(day, 0), sparse=may_be_empty)
                if rows[table.name].get(day):
                    yield check_freshness(name, day, newest[table.name].get(day), table.max_age, source[day])
                if not table.is_sparse:
                    yield from self._check_volume(client, table, day, rows[table.name], found, rules)

    def _newest(
        self,
        client: PartitionsClient,
        table: RawTable,
        days: list[date],
        columns: dict[str, str],
        rows: dict[date, int],
    ) -> dict[date, datetime | None]:
        """Return the newest landing time by day."""
        landed = [day for day in days if rows.get(day)]
        # Without these columns there is nothing to ask; the schema check says so.
        if not landed or not {table.partition_field, table.loaded_at_field} <= columns.keys():
            return {}
        return client.newest_by_day(
            self.dataset_id,
            table.name,
            landed,
            partition_field=table.partition_field,
            partition_type=columns[table.partition_field],
            loaded_at_field=table.loaded_at_field,
        )

    def _source_days(
        self,
        days: list[date],
        rows: dict[str, dict[date, int]],
        newest: dict[str, dict[date, datetime | None]],
    ) -> dict[date, SourceDay]:
        delivered_at = sync_time(self.delivered)
        return {
            day: SourceDay(
                rows=sum(counts.get(day, 0) for counts in rows.values()),
                newest=max((moment for found in newest.values() if (moment := found.get(day))), default=None),
                delivered_at=delivered_at,
            )
            for day in days
        }

    def _check_volume(  # noqa: PLR0913, PLR0917 - what is known of a table's day
        self,
        client: PartitionsClient,
        table: RawTable,
        day: date,
        rows: dict[date, int],
        columns: dict[str, str],
        rules: VolumeRules,
    ) -> Iterator[CheckResult]:
        found, usual = rows.get(day, 0), usual_volume(day, rows, rules)
        if not found and (usual is None or usual.rows < STEADY_ROWS):
            return
        copies = 0
        if looks_double(found, usual) and {table.partition_field, table.loaded_at_field} <= columns.keys():
            copies = client.copies(
                self.dataset_id,
                table.name,
                day,
                partition_field=table.partition_field,
                partition_type=columns[table.partition_field],
                loaded_at_field=table.loaded_at_field,
            )
        name = f"{self.dataset_id}.{table.name}"
        yield check_row_count(name, day, found, usual, band=table.volume_band, rules=rules, copies=copies)


@dataclass(frozen=True)
class Acceptance:
    """A person's word that what a check finds is so, and may be built on.

    :param who: who says so.
    :param why: why.
    """

    who: str
    why: str


def acceptance_of(value: Any, param: str = "accept_checks") -> Acceptance | None:
    """Return who accepts what fails, and why; None if nobody does.

    :param value: an object with ``who`` and ``why``, or its text as a rendered template gives it.
    :param param: the run's param that it comes from, for messages.
    :raises AirflowFailException: where one of them is missing.
    """
    if isinstance(value, str):
        try:
            value = literal_eval(value) if value.strip() else None
        except (ValueError, SyntaxError):
            value = {"text": value}
    if not value:
        return None
    said = {key: str(value.get(key) or "").strip() for key in ("who", "why")} if isinstance(value, Mapping) else {}
    if not all(said.get(key) for key in ("who", "why")):
        raise AirflowFailException(
            f"{param}={value!r} does not say who accepts and why: "
            'write {"who": "ana@example.com", "why": "public holiday"}.'
        )
    return Acceptance(**said)


def sync_time(delivered: str) -> datetime | None:
    """Return when the last of a source's connections has synced; None where no time is given.

    :param delivered: what says that the connector has delivered, as a rendered template gives it: its times are ISO.
    """
    # The earliest: only then have all connections reached it.
    return min((datetime.fromisoformat(text) for text in MOMENT.findall(delivered)), default=None)


def check_row(result: CheckResult, context: Context, acceptance: Acceptance | None = None) -> dict[str, Any]:
    """Return a check as the table of checks keeps it.

    :param result: the check.
    :param context: the context of the task that checked.
    :param acceptance: who accepts that it failed; None if nobody does.
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
        "accepted_by": acceptance.who if acceptance else None,
        "accepted_why": acceptance.why if acceptance else None,
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
