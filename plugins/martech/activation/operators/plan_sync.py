"""The first step of a sync: what is to be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator

from martech.activation import engine
from martech.activation.changes import FatalError
from martech.activation.operators.ledger import open_ledger
from martech.activation.operators.send_changes import DESTINATIONS

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from include.activation.declarations import Sync


class PlanSyncOperator(BaseOperator):
    """Compares the source with what the destination holds and returns the plan's id (None on a dry run).

    Reads the DAG params ``dry_run``, ``full_resync``, ``confirm_removals`` and ``retry_dead_letters``.

    :param sync: the declaration.
    :param table: full name of ``layer.table``.
    :param gcp_conn_id: connection to BigQuery.
    :param location: location of the datasets.
    """

    def __init__(
        self, *, sync: Sync, table: Callable[[str], str], gcp_conn_id: str, location: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sync = sync
        self.table = table
        self.gcp_conn_id = gcp_conn_id
        self.location = location

    def execute(self, context: Context) -> str | None:
        """Plan, or on a dry run log what a plan would hold.

        :raises AirflowFailException: where the safety stop asks for confirmation or the destination refuses the
            credentials; a retry would not help.
        """
        params = context["params"]
        ledger = open_ledger(self, context)
        options = {"full_resync": params["full_resync"], "retry_dead_letters": params["retry_dead_letters"]}
        if params["dry_run"]:
            self.log.info("Dry run for %s, nothing is sent:", self.sync.target)
            for row in ledger.preview(**options):
                self.log.info("%8d %s", row["records"], row["action"])
                if row["action"] != "unchanged":
                    for key, detail in zip(row["sample_keys"], row["sample_details"], strict=True):
                        self.log.info("%14s %s", key, detail)
            return None
        try:
            # What the last run left in processing; credentials are not needed, and not asked for, where nothing is.
            if ledger.accepted():
                destination = DESTINATIONS[self.sync.destination](self.sync)
                engine.follow_requests(ledger, self.sync, destination)
            return engine.plan_sync(ledger, self.sync, confirm_removals=params["confirm_removals"], **options)
        except (engine.SafetyStopError, FatalError) as error:
            raise AirflowFailException(str(error)) from error
