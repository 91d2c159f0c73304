"""
### Watch deadlines: is gold built in time?

Looks once a day, at `MARKETING_GOLD_DEADLINE` (default 08:00 UTC), whether gold has yesterday's rows. It asks the
warehouse, not Airflow, and reads no table data. A late day fails this DAG, which alerts like every failed task.

**When it fails** the log names the first layer that is late and the DAG to look at: open that DAG's newest run. A red
task there has its own alert with the fix; a running one needs time; none at all means that the DAG before it has not
finished, or that a DAG is paused. The rest of the chain follows by itself. Then clear this task: green means built.

**Owner** marketing-data · **Reads** partitions of bronze, silver, gold · **Runbook**
`docs/runbooks/watch_deadlines.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG
from martech.airflow_lines.schedules import daily
from martech.ingestion.operators import DeadlineOperator

from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.deadlines import milestones
from include.pipeline.settings import settings

with DAG(
    dag_id="watch_deadlines",
    schedule=daily(settings.gold_deadline_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.EVERY_DAY),
):
    DeadlineOperator(
        task_id="check_gold",
        **WAREHOUSE,
        milestones=milestones(),
        # The day before the deadline: a daily interval of Airflow 2 ends at the deadline and reaches into its day.
        days="{{ window_start() }}",
        deadline=f"{settings.gold_deadline:%H:%M} UTC",
    )
