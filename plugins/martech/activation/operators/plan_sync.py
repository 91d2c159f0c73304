"""The first step of a sync: what is to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.activation import engine
from martech.activation.changes import FatalError, ProcessingDestination
from martech.activation.operators.send_changes import DESTINATIONS
from martech.activation.operators.sync import SyncOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class PlanSyncOperator(SyncOperator):
    """Compares the source with what the destination holds and returns the plan's id (None on a dry run).

    Reads the DAG params ``dry_run``, ``full_resync``, ``confirm_removals`` and ``retry_dead_letters``.
    """

    def execute(self, context: Context) -> str | None:
        """Plan, or on a dry run log what a plan would hold.

        :raises AirflowFailException: where the safety stop asks for confirmation or the destination refuses the
            credentials; a retry would not help.
        """
        params = context["params"]
        ledger = self.ledger(context)
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
            if requests := ledger.accepted():
                destination = DESTINATIONS[self.sync.destination](self.sync)
                if not isinstance(destination, ProcessingDestination):
                    raise FatalError(
                        f"{self.sync.target} cannot follow {len(requests)} accepted requests of {self.sync.name}: "
                        "another destination accepted them. A declaration with a new destination needs a new name."
                    )
                engine.follow_requests(ledger, self.sync, destination)
            return engine.plan_sync(ledger, self.sync, confirm_removals=params["confirm_removals"], **options)
        except (engine.SafetyStopError, FatalError) as error:
            raise AirflowFailException(str(error)) from error
