"""The base of the three steps of a sync."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from martech.activation.ledger import Ledger
from martech.activation.sync import Sync
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class SyncOperator(WarehouseOperator):
    """Knows its sync, and where the sync's memory is.

    :param sync: the declaration.
    :param table: full name of ``layer.table``.
    :param plan_task_id: task that returns the plan's id.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    def __init__(
        self, *, sync: Sync, table: Callable[[str], str], plan_task_id: str = "plan_sync", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sync = sync
        self.table = table
        self.plan_task_id = plan_task_id

    def ledger(self, context: Context) -> Ledger:
        """Return the ledger of the sync and this run."""
        return Ledger(self.warehouse(context).client, self.sync, table=self.table, run_id=context["run_id"])

    def plan_id(self, context: Context) -> str | None:
        """Return the id of this run's plan, None where there is none."""
        plan_id: str | None = context["ti"].xcom_pull(task_ids=self.plan_task_id)
        return plan_id
