"""The base of the steps of an erasure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from martech.privacy.erasure import Erasure, ErasureError
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import render
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ErasureOperator(WarehouseOperator):
    """Knows the request. A step of a request that is proven is skipped.

    :param request_id: id of the request (templated).
    :param table: returns the full name of ``layer.table``.
    :param tables: returns what the tables hold; asked when the task runs.
    :param sql_dir: folder with ``find_customer.sql`` and ``person_identifiers.sql``.
    :param sql_context: values for the Jinja templates in them.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "request_id")
    ui_color = "#fce4ec"

    def __init__(
        self,
        *,
        request_id: str,
        table: Callable[[str], str],
        tables: Callable[[], list[PersonalTable]],
        sql_dir: Path,
        sql_context: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request_id = request_id
        self.table = table
        self.tables = tables
        self.sql_dir = sql_dir
        self.sql_context = sql_context

    def execute(self, context: Context) -> Any:
        """Do the step; what a retry cannot cure fails at once.

        :raises AirflowSkipException: where the request is proven already.
        :raises AirflowFailException: naming the cure.
        """
        try:
            erasure = Erasure(
                self.warehouse(context).client,
                request_id=self.request_id,
                run_id=context["run_id"],
                table=self.table,
                tables=self.tables(),
                find_customer_sql=render(self.sql_dir / "find_customer.sql", self.sql_context),
                identifiers_sql=render(self.sql_dir / "person_identifiers.sql", self.sql_context),
            )
            if erasure.status() == "proven":
                erasure.forget()  # in case the proof died between its two last writes
                raise AirflowSkipException(f"Request {self.request_id} is proven: nothing is left to be done.")
            return self.step(erasure, context)
        except ErasureError as error:
            raise AirflowFailException(str(error)) from error

    def step(self, erasure: Erasure, context: Context) -> Any:
        """Do what this step is for.

        :param erasure: the request.
        """
        raise NotImplementedError
