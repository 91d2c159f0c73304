"""
### Build gold

Silver's event wakes it, and the clock: `choose_days` takes the days that silver has built anew. dbt builds attribution,
campaign performance, health and lead scores, lifetime value, cohorts, KPIs, ML features and the dashboards'
materialized views, each followed by its tests.

**When it fails** open the red task's log: it ends with dbt's message and the query of what failed, ready to paste. What
depends on a failed test is not built. Correct the data or the model, then clear the red task. Rebuilding days is always
safe: `airflow dags backfill build_gold -s DAY -e DAY
--reset-dagruns` (on Airflow 3: `docs/backfill.md`).

**Owner** marketing-data · **Reads** silver · **Writes** gold
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import wake_on_any

from include.pipeline.assets import GOLD_ASSET, SILVER_ASSET
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.day_chain import BUILDS, choose_days, publish_days
from include.pipeline.dbt_steps import GOLD, dbt_tasks
from include.pipeline.settings import settings

with DAG(
    dag_id=BUILDS["gold"],
    schedule=wake_on_any(SILVER_ASSET, wake=settings.wake_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.GOLD, Tag.ON_ASSETS),
):
    chain(choose_days(), *dbt_tasks(GOLD), publish_days(GOLD_ASSET))
