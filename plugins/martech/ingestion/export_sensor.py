"""Waits until exports that make a table per day have made those of the data days."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    BaseSensorOperator,
    PokeReturnValue,
)
from google.api_core.exceptions import NotFound

from martech.ingestion.landed_table import InputTable, SourceLanding
from martech.ingestion.partition_checks import day_end
from martech.warehouse.client import WarehouseClient, job_labels
from martech.warehouse.days import parse_days
from martech.warehouse.statements import require_identifier

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context
    from google.cloud.bigquery import Client

log = logging.getLogger(__name__)


class ExportSensor(BaseSensorOperator):
    """Waits until every dataset of a source has the table of every day.

    Some hours after the end of the day (``fallback_after_hours``) a preliminary table does, if there is one: days that
    arrive late are landed again. It looks at tables, not at rows, so a day without rows has come too; it reads nothing
    that is billed. With ``mode="reschedule"`` it takes no worker slot while it waits.

    Returns (to XCom) the tables that landing will read.

    :param project_id: Google Cloud project of the datasets (templated).
    :param landing: returns how the source lands; called when the task runs.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param location: BigQuery location.
    :param gcp_conn_id: Airflow connection (templated).
    :param maximum_bytes_billed: limit of each query in bytes; none is run.
    :raises AirflowFailException: where a dataset does not exist.
    :raises AirflowSensorTimeout: after ``timeout`` seconds, naming every missing table and the remedy.
    """

    template_fields: Sequence[str] = ("project_id", "days", "gcp_conn_id")
    ui_color = "#e3f2fd"

    def __init__(  # noqa: PLR0913 - the address of the tables, and how to wait
        self,
        *,
        project_id: str,
        landing: Callable[[], SourceLanding],
        days: Any,
        location: str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        maximum_bytes_billed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.landing = landing
        self.days = days
        self.location = location
        self.gcp_conn_id = gcp_conn_id
        self.maximum_bytes_billed = maximum_bytes_billed
        self._missing: list[str] = []

    def poke(self, context: Context) -> PokeReturnValue:
        """Return whether all tables are there."""
        warehouse = WarehouseClient(
            project_id=self.project_id,
            gcp_conn_id=self.gcp_conn_id,
            location=self.location,
            labels=job_labels(context),
            maximum_bytes_billed=self.maximum_bytes_billed,
        )
        landing = self.landing()
        # Several bronze tables read one export, each with its own columns.
        inputs = [source for table in landing.tables for source in table.inputs]
        exports = {source.name: source for source in inputs if source.shards and not source.optional}
        found: list[str] = []
        self._missing = []
        for dataset in landing.datasets:
            self._require_dataset(warehouse.bigquery, landing, dataset)
            for source in exports.values():
                if any(_exists(warehouse.bigquery, self.project_id, dataset, name) for name in source.names):
                    continue  # not an export by day: the connector's one table has all days
                for day in parse_days(self.days):
                    table = self._table(warehouse.bigquery, dataset, source, day)
                    if table:
                        found.append(table)
                    else:
                        self._missing.append(f"{dataset}.{source.shards[0]}{day:%Y%m%d}")
        for table in self._missing:
            log.info("%s has not come yet.", table)
        return PokeReturnValue(not self._missing, found or list(landing.datasets))

    def _require_dataset(self, client: Client, landing: SourceLanding, dataset: str) -> None:
        try:
            client.get_dataset(f"{self.project_id}.{require_identifier('dataset', dataset)}")
        except NotFound as error:
            raise AirflowFailException(
                f"There is no dataset {dataset} in {self.project_id}, which {landing.variable} names. Link the "
                "property to BigQuery, or correct the variable."
            ) from error

    def _table(self, client: Client, dataset: str, source: InputTable, day: date) -> str | None:
        """Return the table of a day that will do now; None if there is none."""
        wait = source.fallback_after_hours
        late = wait is not None and datetime.now(UTC) >= day_end(day) + timedelta(hours=wait)
        for prefix in source.shards if late else source.shards[:1]:
            name = f"{prefix}{day:%Y%m%d}"
            if _exists(client, self.project_id, dataset, name):
                if prefix != source.shards[0]:
                    log.warning(
                        "%s.%s%s has not come: %s lands in its place, until the day is landed again.",
                        dataset,
                        source.shards[0],
                        f"{day:%Y%m%d}",
                        name,
                    )
                return f"{dataset}.{name}"
        return None

    def execute(self, context: Context) -> Any:
        """Wait as the sensor's ``mode`` says."""
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            raise AirflowSensorTimeout(
                f"The export has not made {', '.join(self._missing)} within {timedelta(seconds=self.timeout)}. Check "
                "the BigQuery link of the Analytics property (its daily export, and its limit of events); where its "
                "tables come later, raise MARKETING_LANDING_TIMEOUT_SECONDS or turn on its streaming export. Then "
                "clear this task."
            ) from error


def _exists(client: Client, project_id: str, dataset: str, table: str) -> bool:
    try:
        client.get_table(f"{project_id}.{dataset}.{table}")
    except NotFound:
        return False
    return True
