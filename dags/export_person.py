"""
### Export a person: the rights of access and portability (GDPR, articles 15 and 20)

Gathers everything about one person: their rows in all layers, from raw tables to scores, what the ledgers of reverse
ETL say was sent to destinations, and where rows of others name them. Trigger it by hand:

`airflow dags trigger export_person --conf '{"request_id": "GDPR-2026-118", "customer_id": "c…"}'`

Who is meant is said as in `erase_person`, and found by the same rules: what a household shares names nobody, and ids of
others are emptied in the person's rows. A `request_id` is for one person.

`export_person` writes `person.html` (to read) and `person.json` (for machines) to a folder of the day and the request
in `MARKETING_EXPORT_URI`, and logs where. `enforce_retention` deletes it after `export_days`. No personal data goes to
XCom or the log.

**When it fails** the log names the fix: nobody or several customers have the key, or the request is another person's.
It can be cleared at any time: it writes the files again.

**Not in its reach** are the sources themselves, and what connectors keep of them: the export counts rows there; ask
Salesforce, Shopify … for their own export.

**Owner** marketing-data · **Declared in** `meta: {person: …}` of models and sources, `include/privacy/ops_tables.yml` ·
**History** `ops.person_exports` · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG
from martech.privacy.export_operators import ExportPersonOperator

from include.pipeline.dag_defaults import Tag, dag_arguments
from include.pipeline.settings import settings
from include.privacy.person_dags import ACCESS, PERSON, PERSON_PARAMS, layers_by_dataset, recipients

with DAG(
    dag_id="export_person",
    schedule=None,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PERSON_PARAMS, **ACCESS),
):
    ExportPersonOperator(
        task_id="export_person",
        export_uri=settings.export_uri,
        layers=layers_by_dataset(),
        load_recipients=recipients,
        **PERSON,
    )
