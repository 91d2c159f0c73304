"""What all tasks about one person know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from martech.privacy.person_request import PersonRequest, Selector
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import render
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

Request = TypeVar("Request", bound=PersonRequest)


class PersonOperator(WarehouseOperator):
    """Knows the request of one person.

    :param request_id: id of the request (templated).
    :param table: returns the full name of ``layer.table``.
    :param load_tables: returns what the tables hold; asked when the task runs.
    :param sql_dir: folder with ``find_customer.sql`` and ``person_identifiers.sql``.
    :param sql_context: values for the Jinja templates in them.
    :param load_connectors: returns the source that delivers, by dataset of a connector; asked when the task runs.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "request_id")
    ui_color = "#fce4ec"

    def __init__(  # noqa: PLR0913 - the request, and what is declared
        self,
        *,
        request_id: str,
        table: Callable[[str], str],
        load_tables: Callable[[], list[PersonalTable]],
        sql_dir: Path,
        sql_context: Mapping[str, Any],
        load_connectors: Callable[[], Mapping[str, str]] = dict,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.request_id = request_id
        self.table = table
        self.load_tables = load_tables
        self.sql_dir = sql_dir
        self.sql_context = sql_context
        self.load_connectors = load_connectors

    def request(self, context: Context, kind: type[Request]) -> Request:
        """Return the request.

        :param context: the task's context.
        :param kind: what is asked for.
        """
        return kind(
            self.warehouse(context).bigquery,
            request_id=self.request_id,
            run_id=context["run_id"],
            table=self.table,
            tables=self.load_tables(),
            find_customer_sql=render(self.sql_dir / "find_customer.sql", self.sql_context),
            identifiers_sql=self.identifiers_sql(),
        )

    def identifiers_sql(self) -> str:
        """Return the query for everything that names the person, and nobody else."""
        return render(self.sql_dir / "person_identifiers.sql", self.sql_context)

    @staticmethod
    def selector(context: Context) -> Selector:
        """Return whom the run names.

        :param context: the task's context, whose params are read.
        :raises PersonError: where it is not named by exactly one key.
        """
        params = context["params"]
        return Selector(params["identity_key"], params["customer_id"], params["email_sha256"])
