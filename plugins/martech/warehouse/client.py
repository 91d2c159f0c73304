"""BigQuery as a task sees it, through the Google provider's client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from martech.warehouse.statements import change, require_identifier, run

if TYPE_CHECKING:
    from google.cloud.bigquery.table import RowIterator

PROJECT_PATTERN = r"[a-z][a-z0-9.:-]{4,61}[a-z0-9]"


def job_labels(context: Mapping[str, Any]) -> dict[str, str]:
    """Return labels that tie a BigQuery job to its task, spelled like the Google provider's own.

    :param context: the task's context.
    """
    task = context["ti"]
    values = {"airflow-dag": task.dag_id, "airflow-task": task.task_id}
    # Labels allow 63 lower-case letters, digits, dashes and underscores.
    return {key: re.sub(r"[^a-z0-9_-]", "-", value.lower())[:63] for key, value in values.items()}


class WarehouseClient:
    """Runs statements and load jobs that carry the task's labels and keep to its limit of bytes.

    Values are query parameters; names, which cannot be, are validated.

    :param project_id: Google Cloud project of the tables; jobs run in it too.
    :param location: BigQuery location of the datasets.
    :param gcp_conn_id: Airflow connection.
    :param impersonation_chain: service account to impersonate, as in Google's operators.
    :param labels: labels of every job.
    :param maximum_bytes_billed: queries that would read more fail; None sets no limit.
    :raises ValueError: for a project that is not a valid id.
    """

    def __init__(  # noqa: PLR0913 - where to ask, and the policy of the jobs
        self,
        *,
        project_id: str,
        location: str | None = None,
        gcp_conn_id: str = "google_cloud_default",
        impersonation_chain: str | Sequence[str] | None = None,
        labels: Mapping[str, str] | None = None,
        maximum_bytes_billed: int | None = None,
    ) -> None:
        self.project_id = require_identifier("project_id", project_id, PROJECT_PATTERN)
        self.labels = dict(labels or {})
        hook = BigQueryHook(gcp_conn_id=gcp_conn_id, impersonation_chain=impersonation_chain)
        # The client follows BIGQUERY_EMULATOR_HOST, the provider's DB-API and check operators don't.
        self.bigquery = hook.get_client(project_id=self.project_id, location=location)
        # Defaults of the client, so that no job can be sent without them.
        self.bigquery.default_query_job_config = bigquery.QueryJobConfig(
            labels=self.labels,
            **({} if maximum_bytes_billed is None else {"maximum_bytes_billed": maximum_bytes_billed}),
        )
        self.bigquery.default_load_job_config = bigquery.LoadJobConfig(labels=self.labels)

    @staticmethod
    @contextmanager
    def fix_of_missing_dataset() -> Iterator[None]:
        """Say what to do where a dataset is missing, which a plain "not found" does not.

        :raises AirflowException: in place of BigQuery's NotFound.
        """
        try:
            yield
        except NotFound as error:
            # A job's message repeats itself and ends in lines with the job's address.
            said = error.errors[0]["message"] if error.errors else error.message
            raise AirflowException(
                f"{said}. Check the project, dataset and location, and run the DAG that creates the tables."
            ) from error

    def query(self, sql: str, **values: Any) -> RowIterator:
        """Run one statement and wait for it.

        :param sql: GoogleSQL with named parameters.
        :param values: their values, see :func:`~martech.warehouse.statements.run`.
        """
        return run(self.bigquery, sql, values)

    def change(self, sql: str, **values: Any) -> int:
        """Run one statement, wait for it, and return the number of rows that it changed.

        :param sql: DML with named parameters.
        :param values: their values, see :func:`~martech.warehouse.statements.run`.
        """
        return change(self.bigquery, sql, values)

    def append_rows(self, table_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to an existing table with a load job, which costs nothing.

        :param table_id: ``project.dataset.table``.
        :param rows: JSON-ready rows.
        """
        table = self.bigquery.get_table(table_id)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            schema=table.schema,
        )
        lines = BytesIO(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        self.bigquery.load_table_from_file(lines, table_id, job_config=config).result()
