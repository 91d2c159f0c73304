"""Writes the day's report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import ObjectStoragePath

from martech.quality.hook import QualityHook
from martech.quality.report import ReportData, render_report
from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

HISTORY = timedelta(days=60)


class WriteReportOperator(WarehouseOperator):
    """Writes ``quality-<newest data day>.html``; a later run of the day replaces it. Returns (to XCom) where it is.

    :param days: the run's data days (templated).
    :param report_uri: folder: ``file:///…``, ``gs://…``, or any other that Airflow's ``ObjectStoragePath`` takes;
        anything but files is opened with ``gcp_conn_id`` (templated).
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param scores_table: ``project.dataset.table`` of the scores (templated).
    :param healing_table: ``project.dataset.table`` of the rebuilds (templated).
    :param dbt_table: ``project.dataset.table`` of what dbt built (templated).
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.report_uri = report_uri
        self.results_table = results_table
        self.scores_table = scores_table
        self.healing_table = healing_table
        self.dbt_table = dbt_table

    def execute(self, context: Context) -> str:
        """Collect, draw and write."""
        hook = self.warehouse(context, QualityHook)
        run_id = context["ti"].run_id
        days = parse_days(self.days)
        first, day = days[-1] - HISTORY, days[-1]
        page = render_report(
            ReportData(
                first=days[0],
                day=day,
                run_id=run_id,
                results=hook.run_results(self.results_table, run_id),
                scores=hook.scores(self.scores_table, first, day),
                volumes=hook.volumes(self.results_table, first, day),
                rebuilds=[rebuild for asked_by, rebuild in hook.rebuilds(self.healing_table) if asked_by == run_id],
                dbt=hook.dbt_results(self.dbt_table, day),
            )
        )
        path = self._folder() / f"quality-{day}.html"
        with path.open("w") as file:
            file.write(page)
        self.log.info("The report is %s", path)
        return str(path)

    def _folder(self) -> ObjectStoragePath:
        if not self.report_uri.startswith("file:"):
            return ObjectStoragePath(self.report_uri, conn_id=self.gcp_conn_id)
        folder = ObjectStoragePath(self.report_uri)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
