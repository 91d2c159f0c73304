"""Creates the analysts' views and lets them read what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martech.privacy.access import Access
from martech.privacy.operators.access import AccessOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class PublishViewsOperator(AccessOperator):
    """Replaces the views, so that new columns show, and authorises them."""

    def execute(self, context: Context) -> int:
        """Create and authorise, and return the number of views."""
        client = self.warehouse(context).client
        views = self.views()
        for _, sql in views:
            client.query(sql).result()
        Access(client).authorize_views([create for create, _ in views], self.analysts)
        return len(views)
