"""The second step of a sync: sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException, BaseOperator

from martech.activation import engine
from martech.activation.changes import Destination, FatalError
from martech.activation.hooks.braze import BrazeHook
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook
from martech.activation.hooks.salesforce import SalesforceHook
from martech.activation.operators.ledger import open_ledger

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from include.activation.declarations import Sync

DESTINATIONS: dict[str, Callable[[Sync], Destination]] = {
    "salesforce": SalesforceHook,
    "braze": BrazeHook,
    "google_data_manager": GoogleDataManagerHook,
}


class SendChangesOperator(BaseOperator):
    """Sends what is pending of the run's plan. A retry, or clearing the task, goes on where it stopped.

    :param sync: the declaration.
    :param table: full name of ``layer.table``.
    :param gcp_conn_id: connection to BigQuery.
    :param location: location of the datasets.
    :param plan_task_id: task that returns the plan's id.
    """

    def __init__(
        self,
        *,
        sync: Sync,
        table: Callable[[str], str],
        gcp_conn_id: str,
        location: str,
        plan_task_id: str = "plan_sync",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sync = sync
        self.table = table
        self.gcp_conn_id = gcp_conn_id
        self.location = location
        self.plan_task_id = plan_task_id

    def execute(self, context: Context) -> None:
        """Send the plan's pending changes.

        :raises AirflowSkipException: on a dry run.
        :raises AirflowFailException: where no retry can succeed, such as refused credentials.
        """
        plan_id = context["ti"].xcom_pull(task_ids=self.plan_task_id)
        if plan_id is None:
            raise AirflowSkipException("A dry run sends nothing.")
        try:
            destination = DESTINATIONS[self.sync.destination](self.sync)
            engine.send_changes(open_ledger(self, context), self.sync, destination, plan_id)
        except FatalError as error:
            raise AirflowFailException(str(error)) from error
