"""
### Build gold

Runs when silver has been built. dbt builds attribution, campaign performance, health and lead scores, lifetime
value, cohorts, KPIs, ML features and the dashboards' materialized views, each followed by its tests.

**When it fails** open the red task's log: it ends with dbt's message and the query of what failed, ready to paste. What
depends on a failed test is not built. Correct the data or the model, then clear the red task. Rebuilding days is always
safe: `airflow dags backfill build_gold -s DAY -e DAY
--reset-dagruns` (on Airflow 3: `docs/backfill.md`).

**Owner** marketing-data · **Reads** silver · **Writes** gold
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import asset_chain

from include.pipeline.assets import GOLD_ASSET, SILVER_ASSET, publish_asset
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.dbt_steps import GOLD, dbt_tasks

with DAG(
    dag_id="build_gold",
    schedule=asset_chain(SILVER_ASSET),
    doc_md=__doc__,
    **dag_arguments(Tag.GOLD, Tag.ON_ASSETS),
):
    chain(*dbt_tasks(GOLD), publish_asset(GOLD_ASSET))
