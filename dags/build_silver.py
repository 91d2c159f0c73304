"""
### Build silver: unified tables and Customer 360

Runs when **all sources that are on** (`MARKETING_SOURCES`) have published new data days. dbt cleans the raw records
(`stg_…`), resolves who is who (`int_identity__…`), and builds the 8 tables and 3 views of silver, each followed by
its tests.

**When it fails** open the red task's log: it ends with dbt's message and the query of what failed, ready to paste. What
depends on a failed test is not built. Correct the data or the model, then clear the red task: it is run again with
everything after it. Rebuilding days is always safe: `airflow dags backfill build_silver -s DAY -e DAY
--reset-dagruns` (on Airflow 3: `docs/backfill.md`).

**Owner** marketing-data · **Reads** bronze · **Writes** intermediate, silver
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import asset_chain

from include.landing.enabled_sources import enabled_sources
from include.pipeline.assets import SILVER_ASSET, publish_asset, source_asset
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.dbt_steps import SILVER, dbt_tasks

with DAG(
    dag_id="build_silver",
    schedule=asset_chain(*(source_asset(source) for source in enabled_sources())),
    doc_md=__doc__,
    **dag_arguments(Tag.SILVER, Tag.ON_ASSETS),
):
    chain(*dbt_tasks(SILVER), publish_asset(SILVER_ASSET))
