"""
### Build silver: unified tables and Customer 360

Any source that has published wakes it, and the clock. `choose_days` takes the days that **all sources that are on**
(`MARKETING_SOURCES`) have published and that are newer than what was built from them, and logs which day waits for
which source; where there is none, the run ends as skipped. dbt cleans the raw records
(`stg_…`), resolves who is who (`int_identity__…`), and builds the 8 tables and 3 views of silver, each followed by
its tests.

**When it fails** open the red task's log: it ends with dbt's message and the query of what failed, ready to paste. What
depends on a failed test is not built. Correct the data or the model, then clear the red task: it is run again with
everything after it. Rebuilding days is always safe: `airflow dags backfill build_silver -s DAY -e DAY --reset-dagruns`
(on Airflow 3: `docs/backfill.md`). Where another run builds silver, a run waits for its lease (`ops.leases`).

**Without a source** trigger with `{"accept_sources": {"sources": ["zendesk"], "days": "2026-11-23", "who": "…",
"why": "…"}}`: these days wait for it no longer, and are built anew when it comes.

**Owner** marketing-data · **Reads** bronze · **Writes** intermediate, silver
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, chain
from martech.airflow_lines.schedules import wake_on_any
from martech.days.operators import ACCEPT

from include.landing.enabled_sources import enabled_sources
from include.pipeline.assets import SILVER_ASSET, source_asset
from include.pipeline.dag_defaults import ACCEPT_SOURCES_PARAM, WINDOW_PARAMS, Tag, dag_arguments
from include.pipeline.day_chain import BUILDS, choose_days, publish_days
from include.pipeline.dbt_steps import SILVER, dbt_tasks
from include.pipeline.settings import settings

with DAG(
    dag_id=BUILDS["silver"],
    schedule=wake_on_any(*map(source_asset, enabled_sources()), wake=settings.wake_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.SILVER, Tag.ON_ASSETS, params={**WINDOW_PARAMS, ACCEPT: ACCEPT_SOURCES_PARAM}),
):
    chain(choose_days(), *dbt_tasks(SILVER), publish_days(SILVER_ASSET))
