"""
### Fit identity: learn from the warehouse's own records how alike the records of one person are

Every month it fits the weights of the identity model to the pairs that silver has compared, without labels, starting
from the weights as shipped (`seeds/identity_weights.csv`). A fit is adopted where nothing speaks against it: enough
pairs of one person, few of them in doubt, and every level that clearly speaks against one person still does. The next
build of silver follows it; customers may merge or split then (`intermediate.int_identity__merge_history`).

Every fit is kept, adopted or not, with what speaks against it (`ops.identity_fits`, `ops.identity_fit_weights`).

**To look first** trigger with `{"dry_run": true}`: the log has what would change most.

**To go back** to the weights as shipped trigger with `{"ship": true}`, and pause the DAG.

**When it fails** there is nothing to fit to: build silver first. A fit that is not adopted is no failure: identity
keeps the weights that it had.

**Owner** marketing-data · **Reads** `intermediate` · **Writes** `ops` · **How it works** `docs/identity.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.identity.operators import FitIdentityOperator

from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.settings import settings

PARAMS = {
    "dry_run": Param(False, type="boolean", description="Fit and keep it, adopt nothing"),
    "ship": Param(False, type="boolean", description="Go back to the weights as shipped"),
}

with DAG(
    dag_id="fit_identity",
    schedule=None if settings.fit_schedule == "none" else settings.fit_schedule,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS),
):
    FitIdentityOperator(task_id="fit_identity", table=settings.named, expected=settings.pairs_per_record, **WAREHOUSE)
