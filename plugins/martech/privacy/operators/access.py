"""The base of the tasks that keep access as declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from martech.privacy.access import RowPolicy, load_row_policies, principals_sql
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import CreateStatement, load_scripts
from martech.warehouse.operator import WarehouseOperator


class AccessOperator(WarehouseOperator):
    """Knows what is declared.

    :param tables: returns what the tables hold; asked when the task runs.
    :param sql_dir: folder with ``analytics`` (the views) and ``row_access`` (the policies).
    :param sql_context: values for the Jinja templates in them.
    :param analysts: who reads the views; nobody gets row access policies while it is empty.
    :param pipeline_account: who keeps seeing all rows; needed where there are analysts.
    :param policy_tag: policy tag of personal columns; None sets none.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    ui_color = "#fce4ec"

    def __init__(  # noqa: PLR0913 - what is declared
        self,
        *,
        tables: Callable[[], list[PersonalTable]],
        sql_dir: Path,
        sql_context: Mapping[str, Any],
        analysts: Sequence[str],
        pipeline_account: str | None,
        policy_tag: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tables = tables
        self.sql_dir = sql_dir
        self.sql_context = sql_context
        self.analysts = analysts
        self.pipeline_account = pipeline_account
        self.policy_tag = policy_tag

    def views(self) -> list[tuple[CreateStatement, str]]:
        """Return the analysts' views and their SQL. Personal columns are left out by name."""
        pii = {table.table_id: ", ".join(table.pii) for table in self.tables() if table.pii}
        files = sorted((self.sql_dir / "analytics").glob("*.sql"))
        scripts = load_scripts(files, {**self.sql_context, "pii": pii})
        return [(script.create, script.sql) for script in scripts]

    def row_policies(self) -> list[RowPolicy]:
        """Return the row access policies; none while there are no analysts."""
        if not self.analysts:
            return []
        grantees = {
            "analysts": principals_sql(self.analysts),
            "pipeline": principals_sql([self.pipeline_account or ""]),
        }
        files = sorted((self.sql_dir / "row_access").glob("*.sql"))
        return load_row_policies(files, {**self.sql_context, **grantees})
