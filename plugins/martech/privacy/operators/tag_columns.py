"""Tags personal columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowSkipException

from martech.privacy.access import Access
from martech.privacy.operators.access import AccessOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class TagColumnsOperator(AccessOperator):
    """Sets the policy tag where a personal column lacks it: on raw and operations tables; dbt tags what it builds."""

    def execute(self, context: Context) -> list[str]:
        """Tag, and return the columns that lacked it.

        :raises AirflowSkipException: where no policy tag is set.
        """
        if not self.policy_tag:
            raise AirflowSkipException("MARKETING_PII_POLICY_TAG is not set: columns keep their descriptions only.")
        tagged = Access(self.warehouse(context).client).tag_columns(self.tables(), self.policy_tag)
        for column in tagged:
            self.log.info("Tagged %s", column)
        return tagged
