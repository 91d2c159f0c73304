"""The steps of the quality DAG: check, heal, score, write the report, and fail where an error was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.days.chain import Chain, DayState
from martech.days.day_log import DayLogClient
from martech.quality.checks import Evidence, check_table
from martech.quality.client import QualityClient
from martech.quality.healing import plan_rebuilds
from martech.quality.report import ReportData, render_report
from martech.quality.results import QualityResult, failure_lines, log_failures
from martech.quality.scores import score_tables
from martech.quality.tables import CURRENT, QualityTable
from martech.reports.folder import write_page
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from martech.quality.profile import Profile

HISTORY = timedelta(days=60)


class CheckTablesOperator(WarehouseOperator):
    """Checks every table of a layer for a run's days and records the results; it never fails because of them.

    Three queries of INFORMATION_SCHEMA, and one query per table. Returns (to XCom) how many results
    there are and how many failed.

    :param layer: layer to check; map over it.
    :param load_tables: returns what is expected of the tables of a layer; called when the task runs, so that
        reading the declarations costs the scheduler nothing.
    :param load_raw_tables: returns the raw tables. What a built table has of days before all of them landed daily is no
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
        load_tables: Callable[[str], Sequence[QualityTable]],
        load_raw_tables: Callable[[], Sequence[QualityTable]],
        days: Any,
        results_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.layer = layer
        self.load_tables = load_tables
        self.load_raw_tables = load_raw_tables
        self.days = days
        self.results_table = results_table

    def execute(self, context: Context) -> dict[str, Any]:
        """Check everything and record it."""
        client = self.warehouse(context, QualityClient)
        days = parse_days(self.days)
        tables = self.load_tables(self.layer)
        results: list[QualityResult] = []
        for table, columns, rows in self._known(client, tables, days):
            results += self._check(client, table, columns, rows, days)
        client.keep_results(self.results_table, results, context["ti"].run_id)
        failed = log_failures(self.log, results)
        self.log.info("%s: %d tables, %d checks, %d failed.", self.layer, len(tables), len(results), failed)
        return {"checks": len(results), "failed": failed}

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    def _known(
        self, client: QualityClient, tables: Sequence[QualityTable], days: list[date]
    ) -> list[tuple[QualityTable, Mapping[str, str], Mapping[date, int]]]:
        """Return each table with its columns and its rows by day."""
        dataset = tables[0].dataset_id
        names = [table.name for table in tables]
        columns = client.columns(dataset, names)
        first = days[-1] - timedelta(days=max(table.history_days for table in tables))
        raw_days = client.complete_days(self.load_raw_tables(), days[-1])
        first = max(first, min(raw_days, default=first))
        partitions = client.rows_by_day(dataset, names, min(first, days[0]), days[-1])
        # A table of current state keeps no days: what it had is known from earlier runs.
        volumes = client.volumes(self.results_table, first, days[-1] - timedelta(days=1))
        rows = {
            table.name: {day: int(found.value or 0) for day, found in volumes.get(table.label, {}).items()}
            if table.expect == CURRENT
            else partitions[table.name]
            for table in tables
        }
        return [(table, columns.get(table.name, {}), rows[table.name]) for table in tables]

    def _check(
        self,
        client: QualityClient,
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
            profile = client.profile(table, days)
            if table.expect == CURRENT:
                rows = {**rows, days[-1]: profile.rows.get(days[-1], 0)}
        return check_table(table, Evidence(days, columns, rows, profile))


class HealPartitionsOperator(WarehouseOperator):
    """Plans and records the rebuild of days that silver or gold lacks while bronze has them.

    Returns (to XCom) what ``TriggerDagRunOperator`` is to be mapped over. A try after a crash returns the same.

    :param days: the run's data days (templated).
    :param replayed_days: days that got rows back from quarantine, or None (templated).
    :param load_raw_tables: returns what is expected of the raw tables; called when the task runs.
    :param dags: DAG that builds a layer, by layer.
    :param load_most: returns how many missing days one run may rebuild; called when the task runs.
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param healing_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_healing.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "days",
        "replayed_days",
        "results_table",
        "healing_table",
    )
    ui_color = "#fff3e0"

    def __init__(  # noqa: PLR0913 - what is known, what is to be done, and where it is kept
        self,
        *,
        days: Any,
        load_raw_tables: Callable[[], Sequence[QualityTable]],
        dags: Mapping[str, str],
        load_most: Callable[[], int],
        results_table: str,
        healing_table: str,
        replayed_days: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.replayed_days = replayed_days
        self.load_raw_tables = load_raw_tables
        self.dags = dags
        self.load_most = load_most
        self.results_table = results_table
        self.healing_table = healing_table

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Plan, record, and return what to trigger."""
        client = self.warehouse(context, QualityClient)
        run_id = context["ti"].run_id
        known = client.rebuilds(self.healing_table)
        rebuilds = [rebuild for asked_by, rebuild in known if asked_by == run_id]
        if not rebuilds:
            rebuilds = plan_rebuilds(
                client.run_results(self.results_table, run_id),
                raw_days=client.complete_days(self.load_raw_tables(), parse_days(self.days)[-1]),
                tried={(rebuild.layer, rebuild.day) for _, rebuild in known},
                replayed=parse_days(self.replayed_days) if self.replayed_days else [],
                most=self.load_most(),
            )
            client.keep_rebuilds(self.healing_table, rebuilds, run_id)
        for rebuild in rebuilds:
            self.log.warning("%s %s is rebuilt: %s", rebuild.layer, rebuild.day, rebuild.reason)
        return [
            {
                "trigger_dag_id": self.dags[rebuild.layer],
                "trigger_run_id": rebuild.run_id(run_id),
                "conf": {"start_date": rebuild.day.isoformat(), "end_date": rebuild.day.isoformat()},
            }
            for rebuild in rebuilds
        ]


class ScoreTablesOperator(WarehouseOperator):
    """Turns the results of a run into scores (0–100) and records them. Returns (to XCom) the score of each layer.

    :param days: the run's data days; scores are kept for the newest (templated).
    :param load_weights: returns the weight of a check by its severity; called when the task runs.
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param scores_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_scores.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: where the run has no results.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days", "results_table", "scores_table")
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        days: Any,
        load_weights: Callable[[], Mapping[str, float]],
        results_table: str,
        scores_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.load_weights = load_weights
        self.results_table = results_table
        self.scores_table = scores_table

    def execute(self, context: Context) -> dict[str, float | None]:
        """Score and record."""
        client = self.warehouse(context, QualityClient)
        run_id = context["ti"].run_id
        results = client.run_results(self.results_table, run_id)
        if not results:
            raise AirflowFailException(
                f"{self.results_table} has no results of run {run_id}: clear check_tables first."
            )
        scores = score_tables(results, self.load_weights())
        client.keep_scores(self.scores_table, scores, parse_days(self.days)[-1], run_id)
        layers = {score.layer: score.score for score in scores if score.table is None}
        self.log.info("Scores: %s", ", ".join(f"{layer} {score}" for layer, score in layers.items()))
        return layers


class WriteReportOperator(WarehouseOperator):
    """Writes ``quality-<newest data day>.html``; a later run of the day replaces it. Returns (to XCom) where it is.

    :param days: the run's data days (templated).
    :param report_uri: folder: ``file:///…``, ``gs://…``, or any other that Airflow's ``ObjectStoragePath`` takes;
        anything but files is opened with ``gcp_conn_id`` (templated).
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param scores_table: ``project.dataset.table`` of the scores (templated).
    :param healing_table: ``project.dataset.table`` of the rebuilds (templated).
    :param dbt_table: ``project.dataset.table`` of what dbt built (templated).
    :param load_chain: returns the chain; called when the task runs.
    :param day_log: ``project.dataset.table`` of the log of days (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "days",
        "report_uri",
        "results_table",
        "scores_table",
        "healing_table",
        "dbt_table",
        "day_log",
    )
    ui_color = "#e3f2fd"

    def __init__(  # noqa: PLR0913 - the tables that it reads
        self,
        *,
        days: Any,
        report_uri: str,
        results_table: str,
        scores_table: str,
        healing_table: str,
        dbt_table: str,
        load_chain: Callable[[], Chain],
        day_log: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.report_uri = report_uri
        self.results_table = results_table
        self.scores_table = scores_table
        self.healing_table = healing_table
        self.dbt_table = dbt_table
        self.load_chain = load_chain
        self.day_log = day_log

    def execute(self, context: Context) -> str:
        """Collect, draw and write."""
        client = self.warehouse(context, QualityClient)
        run_id = context["ti"].run_id
        days = parse_days(self.days)
        first, day = days[-1] - HISTORY, days[-1]
        page = render_report(
            ReportData(
                first=days[0],
                day=day,
                run_id=run_id,
                results=client.run_results(self.results_table, run_id),
                scores=client.scores(self.scores_table, first, day),
                volumes=client.volumes(self.results_table, first, day),
                rebuilds=[rebuild for asked_by, rebuild in client.rebuilds(self.healing_table) if asked_by == run_id],
                dbt=client.dbt_results(self.dbt_table, day),
                history=(self.results_table, self.scores_table, self.dbt_table),
                open_days=self._open_days(context),
            )
        )
        path = write_page(self.report_uri, f"quality-{day}.html", page, conn_id=self.gcp_conn_id)
        self.log.info("The report is %s", path)
        return path

    def _open_days(self, context: Context) -> list[tuple[date, dict[str, DayState]]]:
        """Return the days with which another step of the chain than this one is not done."""
        chain, today = self.load_chain(), datetime.now(UTC).date()
        log = self.warehouse(context, DayLogClient).marks(self.day_log, chain.first_day(today))
        return chain.open_states(log, today, leave_out=context["ti"].dag_id)


class ReportFailuresOperator(WarehouseOperator):
    """Fails with every check of severity error that failed, and alerts of the warnings.

    :param results_table: ``project.dataset.table`` of the results (templated).
    :param alert: gets the warnings; None only logs. Errors come with the failure itself.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: with message and fix of each failed check; a retry would find the same.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "results_table")
    ui_color = "#ffebee"

    def __init__(
        self, *, results_table: str, alert: Callable[[Alert, Context], None] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.results_table = results_table
        self.alert = alert

    def execute(self, context: Context) -> None:
        """Report, and fail or go on."""
        results = self.warehouse(context, QualityClient).run_results(self.results_table, context["ti"].run_id)
        errors = failure_lines(result for result in results if result.is_blocking)
        warnings = failure_lines(result for result in results if result.is_failed and not result.is_blocking)
        for line in warnings:
            self.log.warning(line)
        if warnings and self.alert:
            count = len(warnings)
            title = f"{count} quality warning{'s' if count > 1 else ''}"
            fix = "Each line says what to look at; the day's report shows them beside their history."
            self.alert(Alert(title, "\n".join(warnings), fix, Severity.WARNING), context)
        if errors:
            raise AirflowFailException(f"{len(errors)} quality checks failed:\n" + "\n".join(errors))
