"""Waits until the day's partitions of a source's tables have landed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    conf,
)

from martech.ingestion.partition_checks import missing_partition_message
from martech.ingestion.partition_trigger import BigQueryPartitionsTrigger, missing_partitions
from martech.ingestion.raw_table import RawTable
from martech.warehouse.client import job_labels
from martech.warehouse.days import parse_days
from martech.warehouse.partitions_client import PartitionsClient

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

# Airflow's own limit must not strike first: its message names no table.
GRACE = timedelta(minutes=5)


class BigQueryPartitionsSensor(BaseSensorOperator):
    """Waits until every table of a source has rows for every day, or the source was synced after the day.

    Sparse tables are not waited for. Rows of a later day in another table show that the source was synced.
    With ``deferrable`` it takes no worker slot while it waits. ``timeout`` and ``poke_interval`` (seconds),
    ``mode`` and ``soft_fail`` are those of every sensor.

    :param project_id: Google Cloud project of the tables (templated).
    :param dataset_id: their dataset (templated).
    :param tables: the tables.
    :param days: data days: ISO dates, an XCom, or a template that gives them between commas (templated).
    :param delivered: what says that the connector has delivered the days, or who accepts them as they are; empty if
        nobody does: rows are not waited for then, a day may have none (templated).
    :param location: BigQuery location.
    :param gcp_conn_id: Airflow connection (templated).
    :param impersonation_chain: service account to impersonate (templated).
    :param maximum_bytes_billed: limit of each query in bytes.
    :param deferrable: wait in the triggerer.
    :raises AirflowSensorTimeout: after ``timeout`` seconds, naming every missing table and day.
    """

    template_fields: Sequence[str] = (
        "project_id",
        "dataset_id",
        "days",
        "delivered",
        "gcp_conn_id",
        "impersonation_chain",
    )
    ui_color = "#e3f2fd"

    def __init__(  # noqa: PLR0913 - the address of the tables, and how to wait
        self,
        *,
        project_id: str,
        dataset_id: str,
        tables: Sequence[RawTable],
        days: Any,
        delivered: str = "",
        location: str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        maximum_bytes_billed: int | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.dataset_id = dataset_id
        self.tables = tables
        self.days = days
        self.delivered = delivered
        self.location = location
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.maximum_bytes_billed = maximum_bytes_billed
        self.deferrable = deferrable
        self._missing: list[tuple[str, str]] = []

    def _client_args(self, context: Context) -> dict[str, Any]:
        return {
            "project_id": self.project_id,
            "location": self.location,
            "gcp_conn_id": self.gcp_conn_id,
            "impersonation_chain": self.impersonation_chain,
            "labels": job_labels(context),
            "maximum_bytes_billed": self.maximum_bytes_billed,
        }

    def _awaited(self) -> tuple[list[str], list[str]]:
        tables = [table.name for table in self.tables if not table.is_sparse]
        return tables, [day.isoformat() for day in parse_days(self.days)]

    @property
    def _siblings(self) -> list[str]:
        return [table.name for table in self.tables if table.is_sparse]

    def poke(self, context: Context) -> bool:
        """Return True when all partitions have landed, or the connector says that there is nothing more."""
        if self.delivered:
            self.log.info("Rows of these days are not waited for: %s.", self.delivered)
            return True
        tables, days = self._awaited()
        client = PartitionsClient(**self._client_args(context))
        self._missing = missing_partitions(client, self.dataset_id, tables, days, siblings=self._siblings)
        for table, day in self._missing:
            self.log.info("%s.%s has no partition %s yet.", self.dataset_id, table, day)
        return not self._missing

    def execute(self, context: Context) -> None:
        """Look once; then wait, in the triggerer or as the sensor's ``mode`` says."""
        if not self.deferrable:
            try:
                super().execute(context)
            except AirflowSensorTimeout as error:
                raise AirflowSensorTimeout(self._timeout_message(self._missing)) from error
        elif not self.poke(context):
            tables, days = self._awaited()
            self.defer(
                trigger=BigQueryPartitionsTrigger(
                    client_args=self._client_args(context),
                    dataset_id=self.dataset_id,
                    tables=tables,
                    days=days,
                    siblings=self._siblings,
                    poke_interval=self.poke_interval,
                    deadline=time.time() + self.timeout,
                ),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout) + GRACE,
            )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        """Go on after waiting in the triggerer.

        :param context: the task's context.
        :param event: what the trigger says.
        """
        if event["status"] == "landed":
            self.log.info("All partitions have landed.")
        elif event["status"] == "timeout":
            message = self._timeout_message(event["missing"])
            raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
        else:
            raise AirflowException(
                f"The partitions of {self.dataset_id} could not be read: {event['message']}. "
                f"Check connection {self.gcp_conn_id} and its rights on the dataset, then clear this task."
            )

    def _timeout_message(self, missing: Sequence[Sequence[str]]) -> str:
        lines = [
            missing_partition_message(f"{self.dataset_id}.{table}", parse_days([day])[0]) for table, day in missing
        ]
        waited = timedelta(seconds=self.timeout)
        return f"{len(lines)} partitions did not land within {waited}:\n" + "\n".join(lines)
