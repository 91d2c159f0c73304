"""Reads back who may see what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.privacy.access import Access
from martech.privacy.operators.access import AccessOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ProveAccessOperator(AccessOperator):
    """Compares what BigQuery says with what is declared: policies, authorisations, tags, and the views' columns."""

    def execute(self, context: Context) -> None:
        """Compare.

        :raises AirflowFailException: naming every difference and the cure.
        """
        tables = self.tables()
        views = [create for create, _ in self.views()]
        policies = self.row_policies()
        access = Access(self.warehouse(context).client)
        wrong = [
            *access.missing_row_policies(policies),
            *access.missing_authorizations(views, self.analysts),
            *(access.untagged_columns(tables, self.policy_tag) if self.policy_tag else []),
            *access.personal_columns_in_views(views, {table.name: set(table.pii) for table in tables}),
        ]
        if wrong:
            raise AirflowFailException(
                "Access is not as declared:\n"
                + "\n".join(wrong)
                + "\nClear the tasks before this one. If they were green, something else undid their changes: look for "
                "Terraform or a person that sets access on these datasets, and for a dbt build that ran meanwhile."
            )
        self.log.info("%d views, %d row access policies: as declared.", len(views), len(policies))
