"""How the three operators reach the tables of their sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

from martech.activation.ledger import Ledger

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


def open_ledger(operator: Any, context: Context) -> Ledger:
    """Return the ledger of an operator's sync and run."""
    hook = BigQueryHook(gcp_conn_id=operator.gcp_conn_id, use_legacy_sql=False)
    project, _, _ = operator.table("ops.activation_state").partition(".")
    client = hook.get_client(project_id=project, location=operator.location)
    return Ledger(client, operator.sync, table=operator.table, run_id=context["run_id"])
