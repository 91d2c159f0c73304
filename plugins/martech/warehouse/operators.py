"""The base of every operator that asks BigQuery, and the operator that creates datasets, tables and views."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, BaseOperator
from google.api_core.exceptions import GoogleAPIError, NotFound
from google.cloud import bigquery

from martech.warehouse.client import WarehouseClient, job_labels
from martech.warehouse.ddl import CreateStatement, Script, load_scripts
from martech.warehouse.partitions_client import PartitionsClient
from martech.warehouse.schema_drift import SchemaDrift, compare_schema

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

Client = TypeVar("Client", bound=WarehouseClient)


class WarehouseOperator(BaseOperator):
    """Knows where the warehouse is, and opens it for a task.

    :param project_id: Google Cloud project of the tables; jobs run in it too (templated).
    :param location: BigQuery location of the datasets.
    :param gcp_conn_id: Airflow connection (templated).
    :param impersonation_chain: service account to impersonate (templated).
    :param maximum_bytes_billed: queries that would read more bytes fail; None sets no limit.
    """

    template_fields: Sequence[str] = ("project_id", "gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        project_id: str,
        location: str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        maximum_bytes_billed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_id = project_id
        self.location = location
        self.gcp_conn_id = gcp_conn_id
        self.impersonation_chain = impersonation_chain
        self.maximum_bytes_billed = maximum_bytes_billed

    @overload
    def warehouse(self, context: Context) -> WarehouseClient: ...

    @overload
    def warehouse(self, context: Context, client_class: type[Client]) -> Client: ...

    def warehouse(self, context: Context, client_class: type[WarehouseClient] = WarehouseClient) -> WarehouseClient:
        """Return a client of the warehouse whose jobs carry the labels of this task.

        :param context: the task's context.
        :param client_class: what is to be asked of the warehouse.
        """
        return client_class(
            project_id=self.project_id,
            location=self.location,
            gcp_conn_id=self.gcp_conn_id,
            impersonation_chain=self.impersonation_chain,
            labels=job_labels(context),
            maximum_bytes_billed=self.maximum_bytes_billed,
        )


class BigQueryScriptsOperator(WarehouseOperator):
    """Runs SQL files that create tables and views, in the order in which they depend on each other.

    Creates missing datasets first. Columns that were added to the DDL of an existing table are added to the
    table; changed types and dropped columns fail before anything is run, since no data is ever dropped. Stops
    at the first failure. One task for a whole folder, because each task costs seconds. Returns (to XCom) the
    number of files and the added columns.

    :param files: paths of SQL files, one object each.
    :param sql_context: values for the Jinja templates in the files.
    :param datasets: labels of the datasets to create, by dataset id.
    :param allow_extra_columns: datasets whose tables a tool such as Fivetran may widen on its own: columns that
        the DDL does not have are only logged there, elsewhere they fail the task.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises DdlError: where a file cannot be used.
    :raises AirflowException: naming the file that failed.
    :raises AirflowFailException: naming the columns that differ; a retry would find the same.
    """

    ui_color = "#fff8e1"

    def __init__(
        self,
        *,
        files: Sequence[str | Path],
        sql_context: Mapping[str, Any],
        datasets: Mapping[str, Mapping[str, str]],
        allow_extra_columns: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.files = files
        self.sql_context = sql_context
        self.datasets = datasets
        self.allow_extra_columns = allow_extra_columns

    def execute(self, context: Context) -> dict[str, Any]:
        """Create everything that is missing."""
        scripts = load_scripts([Path(file) for file in self.files], self.sql_context)
        client = self.warehouse(context, PartitionsClient)
        for dataset_id, labels in self.datasets.items():
            self._create_dataset(client, dataset_id, labels)
        added = self._add_columns(client, scripts)
        for number, script in enumerate(scripts, start=1):
            started = time.monotonic()
            self._run(client, script.sql, str(script.path))
            self.log.info(
                "%d/%d %s %s in %.1f s",
                number,
                len(scripts),
                script.create.kind,
                script.create.name,
                time.monotonic() - started,
            )
        return {"files": len(scripts), "added_columns": added}

    def _create_dataset(self, client: PartitionsClient, dataset_id: str, labels: Mapping[str, str]) -> None:
        dataset = bigquery.Dataset(f"{self.project_id}.{dataset_id}")
        # Look first: BigQuery asks for the right to create datasets even where `exists_ok` finds one, and the
        # pipeline's account does not have it.
        with contextlib.suppress(NotFound):
            client.bigquery.get_dataset(dataset.reference)
            return
        dataset.location = self.location
        dataset.labels = dict(labels)
        try:
            client.bigquery.create_dataset(dataset, exists_ok=True)
        except GoogleAPIError as error:
            raise AirflowException(
                f"Dataset {self.project_id}.{dataset_id} does not exist and could not be created: {error}. "
                "Create it where your datasets are declared (Terraform), then clear this task."
            ) from error

    def _run(self, client: PartitionsClient, sql: str, origin: str) -> None:
        try:
            client.query(sql)
        except GoogleAPIError as error:
            raise AirflowException(
                f"{origin} failed: {error}. What came before it is done, what comes after it was not run; "
                "correct the file, then clear this task."
            ) from error

    def _add_columns(self, client: PartitionsClient, scripts: Sequence[Script]) -> list[str]:
        # Before any file runs: a conflict must be found while nothing has changed yet.
        drifts = self._drifts(client, [script.create for script in scripts if script.create.kind == "table"])
        changes = [message for drift in drifts for message in drift.changes]
        extras: list[str] = []
        for drift in drifts:
            if drift.dataset_id in self.allow_extra_columns:
                for message in drift.extras:
                    self.log.warning(message)
            else:
                extras += drift.extras
        if changes or extras:
            raise AirflowFailException("Tables differ from their DDL, nothing was run:\n" + "\n".join(changes + extras))
        for statement in [statement for drift in drifts for statement in drift.alter_statements()]:
            self.log.info("Adding a column: %s", statement)
            self._run(client, statement, statement)
        return [f"{drift.table}.{column.name}" for drift in drifts for column in drift.additions]

    @staticmethod
    def _drifts(client: PartitionsClient, tables: Sequence[CreateStatement]) -> list[SchemaDrift]:
        by_dataset: dict[str, list[CreateStatement]] = {}
        for table in tables:
            by_dataset.setdefault(table.dataset_id, []).append(table)
        drifts = []
        for dataset_id, declared in by_dataset.items():
            found = client.columns(dataset_id, [table.table_id for table in declared])
            drifts += [compare_schema(table, found[table.table_id]) for table in declared if table.table_id in found]
        return drifts
