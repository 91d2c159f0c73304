"""The step that writes the dashboards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from martech.dashboards.client import DashboardClient
from martech.dashboards.cube import Cube, keep_largest
from martech.dashboards.links import DashboardLink
from martech.dashboards.metrics import metrics_of
from martech.dashboards.pages import QUERIES, DashboardData, render_pages
from martech.reports.folder import write_page
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

HISTORY = timedelta(days=180)
# Of which dimension only the largest are shown: how many, and by which metric.
MOST = {
    "journeys_by_path": ("journey_path", 100, "journeys"),
    "campaigns_by_day": ("campaign_name", 100, "campaign_spend"),
}


class WriteDashboardsOperator(WarehouseOperator):
    """Writes the pages, in the place of older ones. Returns (to XCom) where the first one is.

    :param load_manifest: returns dbt's manifest, which has the metrics; called when the task runs.
    :param load_targets: returns what metrics should be; called when the task runs.
    :param load_sources_off: returns the names of sources that are off; called when the task runs.
    :param sql_folder: folder of the saved queries' SQL.
    :param sql_context: project and datasets, for this SQL.
    :param report_uri: folder of the pages, see :func:`~martech.reports.folder.write_page` (templated).
    :param tables: ``project.dataset.table`` of ``quality_checks``, ``quality_scores``, ``job_costs``,
        ``activation_runs``, ``customer_health_scores`` and ``pseudonym_key``.
    :param deadline_hour: hour of the day, UTC, from which gold must have the day before.
    :param currency: currency of all money.
    :param named: whether the page of customers names them; otherwise they have the analysts' pseudonyms.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises ValueError: for a page that is larger than a page may be.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "report_uri")
    operator_extra_links = (DashboardLink(),)
    ui_color = "#e3f2fd"

    def __init__(  # noqa: PLR0913 - what it reads, and how it is shown
        self,
        *,
        load_manifest: Callable[[], Mapping[str, Any]],
        load_targets: Callable[[], Mapping[str, float]],
        load_sources_off: Callable[[], Sequence[str]],
        sql_folder: Path,
        sql_context: Mapping[str, Any],
        report_uri: str,
        tables: Mapping[str, str],
        deadline_hour: int,
        currency: str,
        named: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_manifest = load_manifest
        self.load_targets = load_targets
        self.load_sources_off = load_sources_off
        self.sql_folder = sql_folder
        self.sql_context = sql_context
        self.report_uri = report_uri
        self.tables = tables
        self.deadline_hour = deadline_hour
        self.currency = currency
        self.named = named

    def execute(self, context: Context) -> str:
        """Ask, draw and write."""
        client, now = self.warehouse(context, DashboardClient), self._now()
        manifest = self.load_manifest()
        first, today = (now - HISTORY).date(), now.date()
        data = DashboardData(
            made_at=now,
            deadline_hour=self.deadline_hour,
            metrics=metrics_of(manifest),
            targets=self.load_targets(),
            cubes=self._cubes(client, manifest, now),
            scores=client.newest_scores(self.tables["quality_scores"], today),
            failed=client.failed_checks(self.tables["quality_checks"]),
            calls=client.calls(self.tables["customer_health_scores"], self.tables["pseudonym_key"], named=self.named),
            named=self.named,
            costs=client.costs(self.tables["job_costs"], first, today),
            syncs=client.syncs(self.tables["activation_runs"]),
            sources_off=self.load_sources_off(),
            currency=self.currency,
        )
        files = render_pages(data)
        written = {
            name: write_page(self.report_uri, name, text, conn_id=self.gcp_conn_id) for name, text in files.items()
        }
        self.log.info("The dashboards are %s", ", ".join(written.values()))
        return written["executive.html"]

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)

    def _cubes(self, client: DashboardClient, manifest: Mapping[str, Any], now: datetime) -> dict[str, Cube]:
        shown = {name for names in QUERIES.values() for name in names}
        saved = (query["name"] for query in manifest["saved_queries"].values())
        days = {name: ((now - HISTORY).date(), now.date()) for name in saved if name in shown}
        cubes = client.cubes(manifest, self.sql_folder, self.sql_context, days)
        return cubes | {name: keep_largest(cubes[name], *most) for name, most in MOST.items() if cubes[name].rows}
