"""
### Watch costs: what the day cost, and what the month will

Every day at 06:30 UTC it measures what BigQuery's jobs cost on the day before, by DAG, task, dbt model and user
(`ops.job_costs`), and what storage costs by table (`ops.storage_costs`), at the prices declared in
`include/dbt/dbt_project.yml`. It warns of a DAG that cost far more than on the same weekdays before, and of a month
that is about to exceed its budget.

**When it fails** in `check_costs`, the month is expected to exceed its budget by more than a fifth: select the largest
spenders of the month from `ops.job_costs` (the query is in `docs/costs.md`) and stop them, or raise
`monthly_budget_usd`. It fails once for that, and again for every further fifth. In `measure_costs` the service account
usually may not list jobs: it needs `roles/bigquery.resourceViewer` and `roles/bigquery.metadataViewer` on the project.
Clearing a task is always safe: a day is measured again.

**Owner** marketing-data · **Reads** `INFORMATION_SCHEMA` · **Writes** `ops.job_costs`, `ops.storage_costs`,
`ops.budget_alarms`
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import daily
from martech.costs.operators import CheckCostsOperator, MeasureCostsOperator

from include.pipeline.alert_channels import send_alert
from include.pipeline.cost_policy import BUDGET_SETTING, cost_policy
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.settings import SQL_DIR, settings

with DAG(
    dag_id="watch_costs",
    schedule=daily(settings.operations_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.EVERY_DAY),
):
    common: dict[str, Any] = {**WAREHOUSE, "sql_context": settings.sql_context, "days": "{{ window_days() }}"}
    chain(
        MeasureCostsOperator(
            task_id="measure_costs",
            jobs_file=SQL_DIR / "cost" / "job_costs.sql",
            storage_file=SQL_DIR / "cost" / "storage_costs.sql",
            prices=cost_policy.prices,
            **common,
        ),
        CheckCostsOperator(
            task_id="check_costs",
            costs_file=SQL_DIR / "cost" / "daily_costs.sql",
            monthly_budget_usd=cost_policy.monthly_budget_usd,
            budget_error_share=cost_policy.budget_error_share,
            anomaly_minimum_usd=cost_policy.anomaly_minimum_usd,
            budget_setting=BUDGET_SETTING,
            alarms_table=settings.table("ops", "budget_alarms"),
            alert=send_alert,
            **common,
        ),
    )
