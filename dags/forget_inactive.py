"""
### Forget inactive people: nobody is kept for longer than needed (GDPR, article 5)

Every day it looks for people of whom nothing was heard for `inactive_months` (25, `include/dbt/dbt_project.yml`) and
with whom nothing is open: no visit, message, order, ticket or lead, no open ticket or deal. They are removed as by
`erase_person`: from destinations first, then from bronze to gold, the identity map and `ops`; then it is proved. Their
records are not suppressed: who comes back is a person like any other.

**To look first** trigger with `{"dry_run": true}`.

`plan_forgetting` stops where more than `inactive_max_percent` (10) of all people would go: that looks like a source
that has stopped. Where it is right, trigger with a higher `max_percent`.

**When it fails** as in `erase_person`: the red task's log names the fix. Every task can be cleared at any time.

**Not in its reach** are sources and connectors' tables, which keep what they keep; totals of the past (campaigns,
cohorts, key figures) stay until their days are built again.

**Owner** marketing-data · **History** `ops.erasure_requests` (`inactive …`) · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, chain
from martech.airflow_lines.schedules import daily
from martech.airflow_lines.trigger_dag_run import TriggerDagRunOperator
from martech.privacy.erasure_operators import EraseRowsOperator, ProveErasureOperator, RemoveFromDestinationsOperator
from martech.privacy.rights_operators import PlanForgettingOperator

from include.activation.declared_syncs import load_syncs
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.settings import settings
from include.privacy.person_dags import ACTIVATION, PERSON

PARAMS = {
    "max_percent": Param(
        settings.variables["inactive_max_percent"],
        type="number",
        minimum=0,
        maximum=100,
        description="Of all people, at most so many in percent",
    ),
    "dry_run": Param(False, type="boolean", description="Log how many people are inactive, change nothing"),
}

with DAG(
    dag_id="forget_inactive",
    schedule=daily(settings.operations_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.EVERY_DAY, params=PARAMS),
):
    # Connectors keep what their sources keep: they are not asked.
    common: dict[str, Any] = {**PERSON, "request_id": "inactive {{ run_id }}", "load_connectors": dict}
    chain(
        PlanForgettingOperator(task_id="plan_forgetting", **common),
        [
            TriggerDagRunOperator(task_id=f"start_{sync.name}", trigger_dag_id=f"activate_{sync.name}")
            for sync in load_syncs()
        ],
        RemoveFromDestinationsOperator(task_id="remove_from_destinations", retries=50, **ACTIVATION, **common),
        EraseRowsOperator(task_id="erase_rows", **common),
        ProveErasureOperator(
            task_id="prove_forgetting", datasets=[layer.dataset for layer in settings.layers.values()], **common
        ),
    )
