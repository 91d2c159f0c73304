"""
### Write dashboards: what gold says, as pages for people

Gold's event wakes it, and that of `check_quality`, so that the pages show the newest scores too. It asks gold by the
metrics that `include/dbt/models/metrics` declares, and writes `executive.html`, `attribution.html`, `campaigns.html`,
`customers.html`, `data.html` and `definitions.html` to `MARKETING_REPORT_URI`, in the place of the last ones. They need
no server and no network; customers have pseudonyms unless `MARKETING_DASHBOARD_CUSTOMERS` says `names`.

**When it fails** nothing else does: the pages stay as they were, and say by themselves that they are stale. The log
ends with the error of a query (a table or column is missing: run `create_warehouse`, then `build_gold`), or names the
folder that could not be written. Clearing the task is always safe.

**Owner** marketing-data · **Reads** gold, `ops` · **Writes** `MARKETING_REPORT_URI` · **How it works**
`docs/dashboards.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG
from martech.airflow_lines.schedules import wake_on_any
from martech.dashboards.operators import WriteDashboardsOperator

from include.dashboards.declared_targets import load_targets
from include.landing.enabled_sources import sources_off
from include.pipeline.assets import GOLD_ASSET, QUALITY_ASSET
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import NAMES, SQL_DIR, settings

with DAG(
    dag_id="write_dashboards",
    schedule=wake_on_any(GOLD_ASSET, QUALITY_ASSET, wake="none"),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.ON_ASSETS),
):
    WriteDashboardsOperator(
        task_id="write_pages",
        load_manifest=load_manifest,
        load_targets=load_targets,
        load_sources_off=sources_off,
        sql_folder=SQL_DIR / "metrics",
        sql_context=settings.sql_context,
        report_uri=settings.report_uri,
        tables={
            "customer_health_scores": settings.table("gold", "customer_health_scores"),
            "pseudonym_key": settings.table("secrets", "pseudonym_key"),
            **{
                name: settings.table("ops", name)
                for name in ("quality_checks", "quality_scores", "job_costs", "activation_runs")
            },
        },
        deadline_hour=settings.gold_deadline.hour,
        currency=settings.variables["reporting_currency"],
        named=settings.dashboard_customers == NAMES,
        **WAREHOUSE,
    )
