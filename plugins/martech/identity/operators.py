"""Keeps what people decide about source records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.identity.decisions import Decision, DecisionError, Decisions
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class DecideIdentityOperator(WarehouseOperator):
    """Writes down that two source records are one person, or never are, or takes it back.

    Reads the DAG params ``decision_id``, ``identity_key_a``, ``identity_key_b``, ``decision``, ``decided_by``,
    ``reason`` and ``withdraw``. Nothing goes to XCom.

    :param table: returns the full name of ``layer.table``.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = WarehouseOperator.template_fields

    def __init__(self, *, table: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table

    def execute(self, context: Context) -> None:
        """Keep or withdraw.

        :raises AirflowFailException: where a record is unknown, the id is taken, or there is nothing to take back.
        """
        params = context["params"]
        decisions = Decisions(self.warehouse(context).bigquery, run_id=context["run_id"], table=self.table)
        records = (params["identity_key_a"], params["identity_key_b"])
        try:
            if params["withdraw"]:
                decisions.withdraw(records)
            else:
                decisions.keep(
                    Decision(params["decision_id"], records, params["decision"], params["decided_by"], params["reason"])
                )
        except DecisionError as error:
            raise AirflowFailException(str(error)) from error
        self.log.info("Kept; the next build of silver follows it.")
