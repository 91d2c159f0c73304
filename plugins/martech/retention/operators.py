"""Proves that every table keeps its data as long as declared, and puts right what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.retention.client import RetentionClient
from martech.retention.policy import (
    EXPIRATION,
    ExportRetention,
    RetentionCheck,
    TableRetention,
    check_dataset,
    check_default,
    check_export,
)
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

Declared = Mapping[str, Mapping[str, int | None]]
Exports = Mapping[str, ExportRetention]


class EnforceRetentionOperator(WarehouseOperator):
    """Compares every table's partition expiry with the declared one, sets it where it differs, and reads it again.

    It deletes nothing: BigQuery deletes what has expired. Undeclared tables, partitions that outlived their expiry,
    default expiries of datasets and old tables of exports by day are reported, not touched. Returns (to XCom) the
    number of checks, what was repaired and the warnings.

    :param load_declared: returns days by dataset and table id, None where partitions are kept forever.
    :param load_exports: returns how long exports are to keep their tables of days, by dataset.
    :param results_table: ``project.dataset.table`` to which all results are appended, shaped like
        ``include/sql/ops/retention_checks.sql``; None records nothing (templated).
    :param repair: false only reports what differs, and fails (templated).
    :param alert: how a warning is sent; None only logs it.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: naming every table whose expiry still differs.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "results_table", "repair")
    ui_color = "#efebe9"

    def __init__(
        self,
        *,
        load_declared: Callable[[], Declared],
        load_exports: Callable[[], Exports] = dict,
        results_table: str | None = None,
        repair: bool | str = True,
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_declared = load_declared
        self.load_exports = load_exports
        self.results_table = results_table
        self.repair = repair
        self.alert = alert

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything, repair what can be, record it, then report."""
        client = self.warehouse(context, RetentionClient)
        declared = self.load_declared()
        checked_at = datetime.now(UTC)
        results: list[RetentionCheck] = []
        repaired: set[RetentionCheck] = set()
        for dataset, policy in declared.items():
            found = client.tables(dataset)
            checks = [
                check_default(dataset, *client.default_expirations(dataset)),
                *check_dataset(dataset, policy, found, checked_at.date()),
            ]
            results += checks
            if str(self.repair).lower() == "true":
                repaired |= self._repair(client, dataset, policy, found, checks)
        for dataset, export in self.load_exports().items():
            days = client.tables_by_day(dataset, export.prefixes)
            results.append(check_export(dataset, export, days, checked_at.date()))
        failed = [result for result in results if not result.passed and result not in repaired]
        for result in (*repaired, *failed):
            self.log.warning("%s%s", "Repaired: " if result in repaired else "", result.message)
        if self.results_table:
            client.append_rows(self.results_table, [self._row(r, r in repaired, checked_at, context) for r in results])
        errors = [result.message for result in failed if result.severity == Severity.ERROR]
        warnings = [result.message for result in failed if result.severity != Severity.ERROR]
        self._report(sorted(result.message for result in repaired), warnings, context)
        if errors:
            raise AirflowFailException(
                f"{len(errors)} tables do not keep their data as declared:\n" + "\n".join(errors)
            )
        return {
            "checks": len(results),
            "repaired": sorted(f"{result.dataset}.{result.table}" for result in repaired),
            "warnings": warnings,
        }

    @staticmethod
    def _repair(
        client: RetentionClient,
        dataset: str,
        policy: Mapping[str, int | None],
        found: Mapping[str, TableRetention],
        checks: Iterable[RetentionCheck],
    ) -> set[RetentionCheck]:
        drifts = [
            check
            for check in checks
            if check.check == EXPIRATION and not check.passed and found[str(check.table)].is_partitioned
        ]
        for drift in drifts:
            client.set_expiration(dataset, str(drift.table), policy[str(drift.table)])
        # What counts is what the warehouse says afterwards.
        after = client.tables(dataset) if drifts else {}
        return {drift for drift in drifts if after[str(drift.table)].expiration_days == policy[str(drift.table)]}

    def _report(self, repaired: Sequence[str], warnings: Sequence[str], context: Context) -> None:
        if not self.alert:
            return
        if repaired:
            self.alert(
                Alert(
                    title="Partition expiry differed from its declaration and was reset",
                    reason="\n".join(repaired),
                    fix=(
                        "Find out who changed the tables (INFORMATION_SCHEMA.JOBS). Where an expiry became shorter, "
                        "BigQuery deletes older partitions within hours; time travel may bring them back for 7 days."
                    ),
                    severity=Severity.WARNING,
                ),
                context,
            )
        if warnings:
            self.alert(
                Alert(
                    title="Undeclared tables or overdue partitions",
                    reason="\n".join(warnings),
                    fix="Each finding names its fix; all are in ops.retention_checks.",
                    severity=Severity.WARNING,
                ),
                context,
            )

    @staticmethod
    def _row(result: RetentionCheck, repaired: bool, checked_at: datetime, context: Context) -> dict[str, Any]:
        task = context["ti"]
        return {
            "checked_at": checked_at.isoformat(),
            "dataset_id": result.dataset,
            "table_id": result.table,
            "check_name": result.check,
            "passed": result.passed,
            "repaired": repaired,
            "severity": result.severity,
            "observed": result.observed,
            "expected": result.expected,
            "reason": result.message,
            "dag_id": task.dag_id,
            "run_id": task.run_id,
        }
