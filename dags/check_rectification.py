"""
### Check a rectification: has the corrected value arrived everywhere (GDPR, article 16)

A fact about a person is corrected where it lives, in the source. This checks that it has arrived: trigger it after the
source has landed and silver and gold were built.

`airflow dags trigger check_rectification --conf '{"request_id": "GDPR-2026-120", "customer_id": "c…",
"former_sha256": "…", "corrected_sha256": "…"}'`

Who is meant is said as in `erase_person`. Values are given as their SHA-256 (`printf %s 'new street 1' | sha256sum`,
lower case), since Airflow keeps and logs what a run was triggered with.

`check_rectification` hashes every value in the person's rows of intermediate, silver and gold. It fails while one of
them is the former value, and where none is the corrected one.

**When it fails** the log names the columns. Correct the value in every source that has a record of the person, let it
land and be built, then clear the task. Raw tables are not searched: they keep former versions until they expire.

**Owner** marketing-data · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.privacy.rights_operators import CheckRectificationOperator

from include.pipeline.dag_defaults import Tag, dag_arguments
from include.privacy.person_dags import ACCESS, PERSON, PERSON_PARAMS, VALUE_SHA256

PARAMS = {
    **PERSON_PARAMS,
    "former_sha256": Param(**VALUE_SHA256, description="SHA-256 (hex) of the former value, in lower case"),
    "corrected_sha256": Param(**VALUE_SHA256, description="SHA-256 (hex) of the corrected value, in lower case"),
}

with DAG(
    dag_id="check_rectification",
    schedule=None,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS, **ACCESS),
):
    CheckRectificationOperator(task_id="check_rectification", **PERSON)
