"""
### Enforce retention: every table keeps its data as long as declared

Every day at 06:30 UTC it compares the partition expiry of every table in all layers with the declared one
(`include/sql` and the dbt project), sets it where it differs, and reads it again to prove it. Tables that nobody
declared, partitions that outlived their expiry, default expiries of datasets and tables of days that an export keeps
longer than `include/landing` declares (`keep_days`) are reported as warnings. Results are kept in
`ops.retention_checks`. It never deletes data itself; BigQuery deletes partitions that have expired.
`report_overdue_erasures` fails where a request to erase a person is open for three weeks;
`delete_old_exports` deletes what `export_person` wrote more than `export_days` ago.

**To look first** trigger with `{"repair": false}`: differences fail the task, nothing is changed.

**When it fails** the log names each table whose expiry differs and could not be set: usually a table that lost its
partitions (create it again), or a service account without `bigquery.tables.update`. Where the table is right and the
declaration is not, change `partition_expiration_days` in its DDL and its dbt model. Then clear the task.

**Owner** marketing-data · **Reads** `INFORMATION_SCHEMA` of all datasets · **Writes** `ops.retention_checks`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.airflow_lines.schedules import daily
from martech.privacy.erasure_operators import ReportOverdueErasuresOperator
from martech.privacy.export_operators import DeleteOldExportsOperator
from martech.retention.operators import EnforceRetentionOperator

from include.pipeline.alert_channels import send_alert
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.declared_retention import declared_exports, declared_retention
from include.pipeline.settings import settings

with DAG(
    dag_id="enforce_retention",
    schedule=daily(settings.operations_schedule),
    doc_md=__doc__,
    **dag_arguments(
        Tag.OPERATIONS,
        Tag.EVERY_DAY,
        params={"repair": Param(True, type="boolean", description="Set the expiry of tables that differ")},
    ),
):
    ReportOverdueErasuresOperator(
        task_id="report_overdue_erasures",
        **WAREHOUSE,
        requests=settings.table("ops", "erasure_requests"),
        identifiers=settings.table("ops", "erasure_identifiers"),
    )
    DeleteOldExportsOperator(
        task_id="delete_old_exports",
        export_uri=settings.export_uri,
        days=settings.variables["export_days"],
        gcp_conn_id=settings.gcp_conn_id,
    )
    EnforceRetentionOperator(
        task_id="enforce_retention",
        **WAREHOUSE,
        load_declared=declared_retention,
        load_exports=declared_exports,
        results_table=settings.table("ops", "retention_checks"),
        repair="{{ params.repair }}",
        alert=send_alert,
    )
