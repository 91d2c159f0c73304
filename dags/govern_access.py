"""
### Govern access: who may see what

Runs when gold has been built, since dbt replaces tables and BigQuery drops row access policies with them. It replaces
the analysts' views in `analytics` (no personal columns, no opted-out people), authorises them, sets the row access
policies and the policy tags that are missing, and then reads all of it back.

Analysts are named by `MARKETING_ANALYSTS`, the pipeline by `MARKETING_PIPELINE_ACCOUNT`, the tag by
`MARKETING_PII_POLICY_TAG`; what is not set is skipped.

**When it fails** `prove_access` names every difference: a policy, an authorisation or a tag that is missing, a view
that shows a personal column. Clear the DAG's tasks. A permission that is refused: the pipeline's account needs
`bigquery.rowAccessPolicies.*`, `bigquery.datasets.update` and, for tags, `bigquery.tables.setCategory` with the role
*Fine-Grained Reader* on the tag, or it cannot read the columns itself.

**Owner** marketing-data · **Reads** silver, gold · **Writes** `analytics`, access to all datasets ·
**Declared in** `include/sql/privacy`, `meta: {pii: true}` · **How it works** `docs/privacy.md`
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, TriggerRule, chain
from martech.airflow_lines.schedules import asset_chain
from martech.privacy.access_operators import (
    ProveAccessOperator,
    PublishViewsOperator,
    RemoveReadersOperator,
    SetRowPoliciesOperator,
    TagColumnsOperator,
)

from include.pipeline.assets import GOLD_ASSET
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.settings import SQL_DIR, settings
from include.privacy.declared_personal_data import personal_tables
from include.privacy.declared_views import view_statements

with DAG(
    dag_id="govern_access",
    schedule=asset_chain(GOLD_ASSET),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.ON_ASSETS),
):
    common: dict[str, Any] = {
        **WAREHOUSE,
        "load_tables": personal_tables,
        "load_views": view_statements,
        "table": settings.named,
        "sql_dir": SQL_DIR / "privacy",
        "sql_context": settings.sql_context,
        "analysts": settings.analysts,
        "pipeline_account": settings.pipeline_account,
        "policy_tag": settings.pii_policy_tag,
        "table_readers": settings.table_readers,
        "removes_undeclared": settings.removes_undeclared,
    }
    chain(
        RemoveReadersOperator(task_id="remove_readers", **common),
        [
            PublishViewsOperator(task_id="publish_views", **common),
            SetRowPoliciesOperator(task_id="set_row_policies", **common),
            TagColumnsOperator(task_id="tag_columns", **common),
        ],
        # Skipped are those for which nothing is set.
        ProveAccessOperator(task_id="prove_access", trigger_rule=TriggerRule.NONE_FAILED, **common),
    )
