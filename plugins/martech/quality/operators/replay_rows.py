"""Puts quarantined rows back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from martech.quality.malformed import RawRules
from martech.quality.quarantine_hook import QuarantineHook
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ReplayRowsOperator(WarehouseOperator):
    """Puts quarantined rows that are good by now back into their raw tables, where a run asks for it.

    Returns (to XCom) the days that got rows back, which are to be rebuilt.

    :param tables: returns the rules of the raw tables; called when the task runs.
    :param quarantine_table: ``project.dataset.table`` of the quarantine (templated).
    :param param: param of the DAG that asks for it.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "quarantine_table")
    ui_color = "#fff3e0"

    def __init__(
        self,
        *,
        tables: Callable[[], Sequence[RawRules]],
        quarantine_table: str,
        param: str = "replay",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tables = tables
        self.quarantine_table = quarantine_table
        self.param = param

    def execute(self, context: Context) -> list[str]:
        """Replay what can be replayed."""
        if not context["params"].get(self.param):
            return []
        hook = self.warehouse(context, QuarantineHook)
        waiting = set(hook.quarantined(self.quarantine_table))
        days = {
            day
            for rules in self.tables()
            if rules.label in waiting
            for day in hook.replay(rules, table=self.quarantine_table, run_id=context["ti"].run_id)
        }
        return [day.isoformat() for day in sorted(days)]
