"""Lands what a source's connector delivered in the bronze tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from google.api_core.exceptions import GoogleAPIError

from martech.alerts.severity import Severity
from martech.ingestion.connector_tables import Catalog
from martech.ingestion.landed_table import CONNECTION, LandedTable, LandingError, SourceLanding
from martech.ingestion.landing import plan_landing
from martech.ingestion.landing_hook import LandingHook
from martech.ingestion.operators import check_row
from martech.ingestion.partition_checks import CheckResult
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import Sql

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

NO_CONNECTOR = "none"


class LandRowsOperator(WarehouseOperator):
    """Lands a window of data days in the bronze tables of a source: new versions of entities, and whole days of events.

    A rerun changes nothing. One table that cannot land hides no other: all are tried, then the task fails with every
    message. A source without datasets is left alone: what fills its tables is not known here.

    Returns (to XCom), by table, its rows of the landed days, the number of mapped columns, those that a connector
    lacks, and those without a value.

    :param landing: returns how the source lands; called when the task runs.
    :param dataset_id: dataset of the bronze tables (templated).
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param keep_days: days that bronze keeps; older ones do not land. None keeps all.
    :param results_table: ``project.dataset.table`` to which one check per table is appended: mapped columns, and how
        many of them have values; None records nothing (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowException: with the message and remedy of every table that could not land.
    :raises AirflowFailException: the same, where a retry would find it again: a missing table, another type.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "dataset_id", "days", "results_table")
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        landing: Callable[[], SourceLanding],
        dataset_id: str,
        days: Any,
        keep_days: int | None = None,
        results_table: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.landing = landing
        self.dataset_id = dataset_id
        self.days = days
        self.keep_days = keep_days
        self.results_table = results_table

    def execute(self, context: Context) -> dict[str, Any]:
        """Land every table of the source."""
        landing = self.landing()
        if landing.connector == NO_CONNECTOR or not landing.datasets:
            self.log.info(
                "Nothing lands for %s: %s names no dataset. Name those of its connections, or leave it empty where "
                "something else fills bronze.",
                landing.source,
                landing.variable,
            )
            return {}
        days = self._kept(landing, parse_days(self.days))
        if not days:
            return {}
        hook = self.warehouse(context, LandingHook)
        try:
            catalog = hook.catalog(landing)
        except LandingError as error:
            raise AirflowFailException(str(error)) from error
        may_retry, began = False, datetime.now(UTC)
        origins: dict[str, Sql] = {}
        landed: dict[str, Any] = {}
        checks: list[CheckResult] = []
        problems: list[str] = []
        for table in landing.tables:
            known = len(problems)
            try:
                landed[table.name] = self._land(hook, landing, table, catalog, days, checks, problems, origins)
                # What has landed may lack a day that comes later.
                may_retry |= len(problems) > known
            except LandingError as error:
                problems.append(f"{table.name}: {error}")
            except GoogleAPIError as error:
                may_retry = True
                problems.append(
                    f"{table.name} could not land, nothing of it was changed: {_first_line(error)} Compare the "
                    f"connector's table with {landing.declared_in}, then clear this task."
                )
        for name, rows in hook.synced_since(origins, began).items():
            self.log.warning(
                "%s was synced while its rows landed: %d rows since %s UTC. What it had before has landed, these rows "
                "land with the day of their sync. Name the connection (FIVETRAN_CONNECTOR_%s), so that sync_source "
                "waits for it, or let it sync at another time; where they are needed today, clear this task then.",
                name, rows, f"{began:%H:%M:%S}", landing.source.upper(),
            )  # fmt: skip
        if self.results_table and checks:
            hook.append_rows(self.results_table, [check_row(check, context) for check in checks])
        if problems:
            raise (AirflowException if may_retry else AirflowFailException)(
                f"{len(landed)} of {len(landing.tables)} tables of {landing.source} have landed.\n"
                + "\n".join(problems)
            )
        return landed

    def _kept(self, landing: SourceLanding, days: list[date]) -> list[date]:
        """Return the days that bronze keeps; a row of an older one would be gone as soon as it landed."""
        if self.keep_days is None:
            return days
        oldest = datetime.now(UTC).date() - timedelta(days=self.keep_days - 1)
        if days[0] < oldest:
            self.log.warning(
                "%s: days before %s do not land, bronze keeps %d days. What is needed of them comes back with a "
                "re-sync of the connection, which lands its rows under the day of the re-sync.",
                landing.source,
                oldest,
                self.keep_days,
            )
        return [day for day in days if day >= oldest]

    def _land(  # noqa: PLR0913, PLR0917 - one step of execute, with what it collects
        self,
        hook: LandingHook,
        landing: SourceLanding,
        table: LandedTable,
        catalog: Catalog,
        days: list[date],
        checks: list[CheckResult],
        problems: list[str],
        origins: dict[str, Sql],
    ) -> dict[str, Any]:
        plan = plan_landing(
            hook.project_id, self.dataset_id, landing=landing, table=table, catalog=catalog, window=days
        )
        for note in plan.notes:
            self.log.warning("%s: %s", table.name, note)
        for name, rows, first_day in hook.not_landed(self.dataset_id, table, plan, days[0]):
            self.log.warning(
                "%s: %d rows of %s synced before %s, the first day that lands: backfill this DAG from %s, and for what "
                "is older than bronze keeps start a re-sync of the table in the connector.",
                table.name, rows, name, days[0], first_day,
            )  # fmt: skip
        origins |= plan.origins
        hook.land(plan)
        problems += [f"{table.name}: {problem}" for problem in plan.problems]
        if len(landing.datasets) > 1:
            shared = hook.shared_keys(self.dataset_id, table, plan.days)
            if shared:
                problems.append(
                    f"{table.name}: several of the connections {', '.join(landing.datasets)} have {', '.join(shared)}, "
                    "which later layers take for one record. Name only connections whose ids differ in "
                    f"{landing.variable}, and delete the rows of the others by {CONNECTION}."
                )
        filling = hook.filling(self.dataset_id, table, plan.days)
        self.log.info("%s: %d rows of %d days.", table.name, filling.rows, len(plan.days))
        if filling.rows:
            check = _columns_filled(f"{self.dataset_id}.{table.name}", days[-1], table, filling.empty, plan.missing)
            log = self.log.info if check.passed else self.log.warning
            log("%s: %s", check.check, check.message)
            checks.append(check)
        return {
            "rows": filling.rows,
            "mapped": len(table.mapped),
            "missing": list(plan.missing),
            "empty": list(filling.empty) if filling.rows else [],
        }


def _columns_filled(
    name: str, day: date, table: LandedTable, empty: Sequence[str], missing: Sequence[str]
) -> CheckResult:
    """Return the check that names the mapped columns without a value."""
    mapped = len(table.mapped)
    message = f"{name}: {mapped - len(empty)} of {mapped} mapped columns have values."
    if empty:
        message += f" Empty: {', '.join(empty)}."
    if missing:
        message += f" The connector lacks {', '.join(missing)}: select the columns there if you want them."
    return CheckResult(
        table=name,
        day=day,
        check="columns_filled",
        passed=not empty,
        observed=f"{mapped - len(empty)} columns",
        expected=f"{mapped} columns",
        message=message,
        severity=Severity.WARNING,
    )


def _first_line(error: GoogleAPIError) -> str:
    """Return what BigQuery said, without the job's address."""
    errors = getattr(error, "errors", None)
    said = errors[0].get("message", str(error)) if errors else str(error)
    return said.splitlines()[0].rstrip(".") + "."
