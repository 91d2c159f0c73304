"""The second step of a sync: sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.activation import engine
from martech.activation.changes import Destination, FatalError
from martech.activation.hooks.braze import BrazeHook
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook
from martech.activation.hooks.salesforce import SalesforceHook
from martech.activation.operators.sync import SyncOperator
from martech.activation.sync import Sync

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


DESTINATIONS: dict[str, Callable[[Sync], Destination]] = {
    "salesforce": SalesforceHook,
    "braze": BrazeHook,
    "google_data_manager": GoogleDataManagerHook,
}


class SendChangesOperator(SyncOperator):
    """Sends what is pending of the run's plan. A retry, or clearing the task, goes on where it stopped."""

    def execute(self, context: Context) -> None:
        """Send the plan's pending changes.

        :raises AirflowSkipException: on a dry run.
        :raises AirflowFailException: where no retry can succeed, such as refused credentials.
        """
        plan_id = self.plan_id(context)
        if plan_id is None:
            raise AirflowSkipException("A dry run sends nothing.")
        try:
            destination = DESTINATIONS[self.sync.destination](self.sync)
            engine.send_changes(self.ledger(context), self.sync, destination, plan_id)
        except FatalError as error:
            raise AirflowFailException(str(error)) from error
