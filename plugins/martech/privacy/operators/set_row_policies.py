"""Says which rows analysts see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowSkipException

from martech.privacy.access import Access
from martech.privacy.operators.access import AccessOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class SetRowPoliciesOperator(AccessOperator):
    """Creates or replaces the row access policies, which BigQuery drops with every table that dbt replaces."""

    def execute(self, context: Context) -> int:
        """Set them, and return their number.

        :raises AirflowSkipException: where no analysts are named.
        """
        policies = self.row_policies()
        if not policies:
            raise AirflowSkipException("MARKETING_ANALYSTS is not set: nobody but the pipeline reads tables.")
        Access(self.warehouse(context).client).set_row_policies(policies)
        return len(policies)
