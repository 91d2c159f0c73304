"""What BigQuery knows about the partitions and columns of tables, through the Google provider's client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from martech.ddl import require_identifier

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


class BigQueryPartitionsHook:
    """Reads partitions, columns and landing times of tables, and runs statements that carry the task's labels.

    Values are query parameters; names, which cannot be, are validated.

    :param project_id: Google Cloud project of the tables; jobs run in it too.
    :param location: BigQuery location of the datasets.
    :param gcp_conn_id: Airflow connection.
    :param impersonation_chain: service account to impersonate, as in Google's operators.
    :param labels: labels of every job.
    :param maximum_bytes_billed: jobs that would read more fail; None sets no limit.
    :raises ValueError: for a name that is not a plain identifier, here and in the methods.
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
        self.maximum_bytes_billed = maximum_bytes_billed
        hook = BigQueryHook(gcp_conn_id=gcp_conn_id, impersonation_chain=impersonation_chain)
        # The client follows BIGQUERY_EMULATOR_HOST, the provider's DB-API and check operators don't.
        self.client = hook.get_client(project_id=self.project_id, location=location)

    def query(self, sql: str, parameters: Iterable[Any] = ()) -> RowIterator:
        """Run one statement and wait for it.

        :param sql: GoogleSQL with named parameters.
        :param parameters: BigQuery query parameters.
        """
        config = bigquery.QueryJobConfig(query_parameters=list(parameters), labels=self.labels)
        if self.maximum_bytes_billed is not None:
            config.maximum_bytes_billed = self.maximum_bytes_billed
        return self.client.query(sql, job_config=config).result()

    def _information_schema(self, sql: str, parameters: Iterable[Any]) -> list[Any]:
        try:
            return list(self.query(sql, parameters))
        except NotFound as error:
            # "Nothing has landed" would be the wrong answer: it would wait for hours.
            raise AirflowException(
                f"{error.message}. Check the project, dataset and location, and run the DAG that creates the tables."
            ) from error

    def rows_by_day(
        self, dataset_id: str, tables: Iterable[str], first: date, last: date
    ) -> dict[str, dict[date, int]]:
        """Return rows by table and day from INFORMATION_SCHEMA.PARTITIONS, which reads no table data.

        :param dataset_id: dataset of the tables.
        :param tables: ids of tables that are partitioned by day.
        :param first: first day, included.
        :param last: last day, included.
        :return: an entry for every table; days without a partition are left out.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        names = [require_identifier("table", table) for table in tables]
        rows = self._information_schema(
            f"""
            select
                table_name,
                partition_id,
                total_rows,
            from `{self.project_id}.{dataset}.INFORMATION_SCHEMA.PARTITIONS`
            where
                table_name in unnest(@tables)
                and length(partition_id) = 8
                and partition_id between @first and @last
            """,  # noqa: S608 - identifiers are validated
            [
                bigquery.ArrayQueryParameter("tables", "STRING", names),
                bigquery.ScalarQueryParameter("first", "STRING", f"{first:%Y%m%d}"),
                bigquery.ScalarQueryParameter("last", "STRING", f"{last:%Y%m%d}"),
            ],
        )
        found: dict[str, dict[date, int]] = {name: {} for name in names}
        for row in rows:
            day = datetime.strptime(row.partition_id, "%Y%m%d").date()
            found[row.table_name][day] = row.total_rows
        return found

    def columns(self, dataset_id: str, tables: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return types by table and column name from INFORMATION_SCHEMA.COLUMNS.

        :param dataset_id: dataset of the tables.
        :param tables: table ids; tables that don't exist have no entry.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        names = [require_identifier("table", table) for table in tables]
        rows = self._information_schema(
            f"""
            select
                table_name,
                column_name,
                data_type,
            from `{self.project_id}.{dataset}.INFORMATION_SCHEMA.COLUMNS`
            where table_name in unnest(@tables)
            order by table_name, ordinal_position
            """,  # noqa: S608 - identifiers are validated
            [bigquery.ArrayQueryParameter("tables", "STRING", names)],
        )
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            found.setdefault(row.table_name, {})[row.column_name] = row.data_type
        return found

    def newest_by_day(  # noqa: PLR0913 - a table is told apart by its names
        self,
        dataset_id: str,
        table: str,
        days: Sequence[date],
        *,
        partition_field: str,
        partition_type: str,
        loaded_at_field: str,
    ) -> dict[date, datetime | None]:
        """Return the newest landing time by day, reading only the partitions of the span of days.

        :param dataset_id: dataset of the table.
        :param table: table id.
        :param days: days to look at, at least one.
        :param partition_field: column whose day is the partition.
        :param partition_type: its type: DATE, TIMESTAMP or DATETIME.
        :param loaded_at_field: TIMESTAMP column with the landing time.
        :return: landing times by day; days without rows are left out.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        name = require_identifier("table", table)
        field = require_identifier("partition_field", partition_field)
        kind = partition_type if partition_type in ("TIMESTAMP", "DATETIME") else "DATE"
        # The bounds have the column's own type, so that BigQuery prunes partitions.
        rows = self.query(
            f"""
            select
                cast({field} as date) as day,
                max({require_identifier("loaded_at_field", loaded_at_field)}) as newest,
            from `{self.project_id}.{dataset}.{name}`
            where
                {field} >= cast(@first as {kind.lower()})
                and {field} < cast(@after_last as {kind.lower()})
            group by day
            """,  # noqa: S608 - identifiers are validated
            [
                bigquery.ScalarQueryParameter("first", "DATE", min(days)),
                bigquery.ScalarQueryParameter("after_last", "DATE", max(days) + timedelta(days=1)),
            ],
        )
        return {row.day: row.newest for row in rows}

    def append_rows(self, table_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to an existing table with a load job, which costs nothing.

        :param table_id: ``project.dataset.table``.
        :param rows: JSON-ready rows.
        """
        table = self.client.get_table(table_id)
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            schema=table.schema,
            labels=self.labels,
        )
        lines = BytesIO(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        self.client.load_table_from_file(lines, table_id, job_config=config).result()
