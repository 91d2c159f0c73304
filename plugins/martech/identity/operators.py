"""Keeps what people decide about source records, and fits the identity model to the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.identity.decisions import Decision, DecisionError, Decisions
from martech.identity.fits import FitError, FitLog, changes, learn, shipped_model
from martech.identity.fitting import refusals
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


class FitIdentityOperator(WarehouseOperator):
    """Fits the weights of the identity model to the compared pairs, and adopts them where nothing speaks against it.

    Reads the DAG params ``dry_run`` and ``ship`` (back to the weights as shipped). Returns the number of reasons
    against the fit, the only thing that goes to XCom.

    :param table: returns the full name of ``layer.table``.
    :param expected: pairs of each class per record where EM begins.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = WarehouseOperator.template_fields

    def __init__(self, *, table: Callable[[str], str], expected: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.expected = expected

    def execute(self, context: Context) -> int:
        """Fit, check and keep.

        :raises AirflowFailException: where there is nothing to fit to.
        """
        params, client = context["params"], self.warehouse(context)
        log = FitLog(client, run_id=context["run_id"], table=self.table)
        if params["ship"]:
            log.ship()
            self.log.info("The next build of silver takes the weights as shipped.")
            return 0
        try:
            shipped = shipped_model(client.bigquery, self.table("intermediate.identity_weights"), self.expected)
            fitted, record_count = learn(client.bigquery, self.table("intermediate.int_identity__levels"), shipped)
        except FitError as error:
            raise AirflowFailException(str(error)) from error
        for change in changes(fitted, shipped):
            self.log.info(change)
        reasons = refusals(fitted, shipped)
        for reason in reasons:
            self.log.warning("Against it: %s", reason)
        adopt = not reasons and not params["dry_run"]
        log.keep(fitted, record_count, reasons, adopt=adopt)
        self.log.info("Learned from %.0f pairs of one person, %s.", fitted.pairs, "adopted" if adopt else "not adopted")
        return len(reasons)
