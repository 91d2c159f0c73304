"""The second step of an erasure: destinations first, since only our memory of them says what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException

from martech.privacy.erasure import Erasure
from martech.privacy.operators.erasure import ErasureOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class RemoveFromDestinationsOperator(ErasureOperator):
    """Fails until no destination holds the person: give it retries, and it waits without a worker.

    The syncs do the work: they leave out, and remove, whoever an open request is about.

    :param state: tables that say what destinations hold or may hold, as ``layer.table``.
    :param kwargs: see :class:`ErasureOperator`.
    """

    def __init__(self, *, state: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state = state

    def step(self, erasure: Erasure, context: Context) -> None:
        """Look, and write down that it is done.

        :raises AirflowException: naming the syncs to run.
        """
        held = erasure.held_by_destinations([self.table(name) for name in self.state])
        if held:
            raise AirflowException(
                "Destinations have not confirmed the removal: "
                + ", ".join(f"{sync} ({records} records)" for sync, records in sorted(held.items()))
                + ". Their next run removes the person, and a retry of this task sees it. To go on now: "
                + "; ".join(f"airflow dags trigger activate_{sync}" for sync in sorted(held))
                + ". Where such a run fails or rejects the removal, its report_sync names the cure."
            )
        if erasure.status() == "requested":
            erasure.confirm_destinations()
        self.log.info("No destination holds the person.")
