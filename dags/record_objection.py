"""
### Record an objection: no marketing, or no profiling, whatever the sources say (GDPR, article 21)

`airflow dags trigger record_objection --conf
'{"request_id": "GDPR-2026-119", "customer_id": "c…", "purpose": "marketing"}'`

Who is meant is said as in `erase_person`. `purpose` is `marketing` (all consents are denied: no sync sends the person,
analysts do not see them) or `profiling` (no scores, expected values and features, no personalised ads).

`record_objection` writes it to `ops.objections` for every source record of the person and changes Customer 360, leads
and scores at once · the syncs are started and remove the person. Every later build asks `ops.objections`: a new opt-in
in a source does not bring the person back, nor does a new record that is linked to them.

**To take it back** trigger it with `"withdraw": true`: from the next build on the sources say it again.

**When it fails** the log names the fix: nobody or several customers have the key, or there is nothing to take back. It
can be cleared at any time.

**Owner** marketing-data · **History** `ops.objections` · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.airflow_lines.trigger_dag_run import TriggerDagRunOperator
from martech.privacy.objection import PURPOSES
from martech.privacy.rights_operators import RecordObjectionOperator

from include.activation.declared_syncs import load_syncs
from include.pipeline.dag_defaults import Tag, dag_arguments
from include.privacy.person_dags import ACCESS, PERSON, PERSON_PARAMS

PARAMS = {
    **PERSON_PARAMS,
    "purpose": Param(type="string", enum=list(PURPOSES), description="What the person objects to"),
    "withdraw": Param(False, type="boolean", description="Take the objection back"),
}

with DAG(
    dag_id="record_objection",
    schedule=None,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS, **ACCESS),
):
    RecordObjectionOperator(task_id="record_objection", **PERSON) >> [
        TriggerDagRunOperator(task_id=f"start_{sync.name}", trigger_dag_id=f"activate_{sync.name}")
        for sync in load_syncs()
    ]
