"""
### Erase a person: the right to erasure (GDPR, article 17)

Removes one person from every table and every destination, and proves it. Trigger it by hand, first as a dry run:

`airflow dags trigger erase_person --conf '{"request_id": "GDPR-2026-117", "customer_id": "c…", "dry_run": true}'`

Who is meant is said by `customer_id`, `identity_key` (`shopify:customer:123`) or `email_sha256`
(`printf %s name@example.com | sha256sum`): Airflow keeps and logs what a run was triggered with, so no address in
clear. An e-mail that several customers share is refused, with their ids. A `request_id` is for one person: triggered
again for another, it is refused.

`plan_erasure` finds all records of the person (by silver's `identity_map`) and suppresses them · the syncs are started
and remove the person · `remove_from_destinations` waits until all have confirmed it · `erase_rows` deletes from bronze
to gold and in `ops` · `prove_erasure` searches every column of every table, connectors' tables too, and then forgets
the identifiers.

**When it fails** the red task's log names the fix. `remove_from_destinations` is retried for a day: it names the
syncs that have not confirmed. `prove_erasure` names table and column: where a build ran meanwhile clear `erase_rows`,
otherwise declare the column first. Connectors' tables it names with their source: erase there, delete the rows, then
clear it. Every task can be cleared at any time; a proven request does nothing any more.

**Not in its reach** are the sources themselves (Salesforce, Shopify …): erase there first, or the raw data come again
(the `stg_` models drop them). BigQuery's time travel keeps deleted rows for up to 7 days.

**Owner** marketing-data · **Declared in** `meta: {person: …}` of models and sources, `include/privacy/ops_tables.yml` ·
**History** `ops.erasure_requests` · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param, chain
from martech.airflow_lines.trigger_dag_run import TriggerDagRunOperator
from martech.privacy.erasure_operators import (
    EraseRowsOperator,
    PlanErasureOperator,
    ProveErasureOperator,
    RemoveFromDestinationsOperator,
)

from include.activation.declared_syncs import load_syncs
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.settings import settings
from include.privacy.person_dags import ACCESS, ACTIVATION, PERSON, PERSON_PARAMS

PARAMS = {
    **PERSON_PARAMS,
    "dry_run": Param(False, type="boolean", description="Log what would be removed, change nothing"),
}


with DAG(
    dag_id="erase_person",
    schedule=None,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS, **ACCESS),
):
    chain(
        PlanErasureOperator(task_id="plan_erasure", **PERSON),
        [
            TriggerDagRunOperator(task_id=f"start_{sync.name}", trigger_dag_id=f"activate_{sync.name}")
            for sync in load_syncs()
        ],
        # Retried with growing pauses, half an hour at most: for about a day.
        RemoveFromDestinationsOperator(
            task_id="remove_from_destinations",
            retries=50,
            **ACTIVATION,
            **PERSON,
        ),
        EraseRowsOperator(task_id="erase_rows", **PERSON),
        ProveErasureOperator(
            task_id="prove_erasure", datasets=[layer.dataset for layer in settings.layers.values()], **PERSON
        ),
    )
