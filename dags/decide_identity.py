"""
### Decide who is who: two source records are one person, or never are

`airflow dags trigger decide_identity --conf
'{"decision_id": "CRM-77", "identity_key_a": "salesforce:contact:003…", "identity_key_b": "shopify:customer:123",
"decision": "same_person", "decided_by": "…", "reason": "…"}'`

`decision` is `same_person` or `different_people`. It wins over every score, in every build and every order of runs.
The next build of silver follows it, and `intermediate.int_identity__merge_history` names the decision with what it
did. Where decisions contradict each other, `different_people` wins, and the build warns (`decisions_are_followed`).

**To take it back** trigger it with `"withdraw": true` and both records. A newer decision about both takes the place
of an earlier one.

**When it fails** the log names the fix: a record that nobody knows, an id that is taken, nothing to take back.
Nothing was changed.

**Owner** marketing-data · **History** `ops.identity_decisions` · **How it works** `docs/identity.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.identity.decisions import DECISIONS
from martech.identity.operators import DecideIdentityOperator

from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.settings import settings
from include.privacy.person_dags import ACCESS

RECORD = {"type": "string", "pattern": "^[^:]+:[^:]+:.+$"}
PARAMS = {
    "decision_id": Param(type="string", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Id of the decision"),
    "identity_key_a": Param(**RECORD, description="A source record, <source>:<entity>:<id>"),
    "identity_key_b": Param(**RECORD, description="The other source record"),
    "decision": Param(type="string", enum=list(DECISIONS), description="What they are"),
    "decided_by": Param(type="string", minLength=1, description="Who decided"),
    "reason": Param(type="string", minLength=1, description="Why"),
    "withdraw": Param(False, type="boolean", description="Take back what is decided about both"),
}

with DAG(
    dag_id="decide_identity",
    schedule=None,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS, **ACCESS),
):
    DecideIdentityOperator(task_id="decide_identity", table=settings.named, **WAREHOUSE)
