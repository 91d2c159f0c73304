"""Takes malformed rows out of raw tables, and puts them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.quality.malformed import RawRules
from martech.quality.quarantine_client import QuarantineClient
from martech.warehouse.days import parse_days
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class QuarantineRowsOperator(WarehouseOperator):
    """Moves rows that silver cannot use to the quarantine, and reports them.

    One query counts the malformed rows of all tables; nothing else is asked where there are none, as on most days.
    Returns (to XCom) the number of malformed rows by table.

    :param load_tables: returns the rules of the raw tables; called when the task runs.
    :param days: data days: ISO dates, or a template that gives them between commas (templated).
    :param quarantine_table: ``project.dataset.table``, as ``include/sql/ops/quarantined_rows.sql`` has it (templated).
    :param alert: called when rows were quarantined; None only logs.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days", "quarantine_table")
    ui_color = "#fff3e0"

    def __init__(
        self,
        *,
        load_tables: Callable[[], Sequence[RawRules]],
        days: Any,
        quarantine_table: str,
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_tables = load_tables
        self.days = days
        self.quarantine_table = quarantine_table
        self.alert = alert

    def execute(self, context: Context) -> dict[str, int]:
        """Count, and move what is malformed."""
        client = self.warehouse(context, QuarantineClient)
        days = parse_days(self.days)
        tables = self.load_tables()
        counts = client.count_malformed(tables, days[0], days[-1])
        found = {name: count for name, count in counts.items() if count}
        for rules in tables:
            if rules.name in found:
                self.log.warning("%s: %d malformed rows are quarantined.", rules.label, found[rules.name])
                client.quarantine(rules, days[0], days[-1], table=self.quarantine_table, run_id=context["ti"].run_id)
        if found and self.alert:
            self.alert(self._alert(found), context)
        return found

    def _alert(self, found: dict[str, int]) -> Alert:
        rows = ", ".join(f"{count} of {name}" for name, count in found.items())
        return Alert(
            title=f"{sum(found.values())} malformed rows were quarantined",
            reason=f"Silver cannot use {rows}.",
            fix=(
                f"Look at reason and row_json in {self.quarantine_table}. Fix the connector, or correct row_json, "
                'then trigger check_quality with {"replay": true}: the rows go back and their days are rebuilt.'
            ),
            severity=Severity.WARNING,
        )


class ReplayRowsOperator(WarehouseOperator):
    """Puts quarantined rows that are good by now back into their raw tables, where a run asks for it.

    Returns (to XCom) the days that got rows back, which are to be rebuilt.

    :param load_tables: returns the rules of the raw tables; called when the task runs.
    :param quarantine_table: ``project.dataset.table`` of the quarantine (templated).
    :param param: param of the DAG that asks for it.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "quarantine_table")
    ui_color = "#fff3e0"

    def __init__(
        self,
        *,
        load_tables: Callable[[], Sequence[RawRules]],
        quarantine_table: str,
        param: str = "replay",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_tables = load_tables
        self.quarantine_table = quarantine_table
        self.param = param

    def execute(self, context: Context) -> list[str]:
        """Replay what can be replayed."""
        if not context["params"].get(self.param):
            return []
        client = self.warehouse(context, QuarantineClient)
        waiting = set(client.quarantined(self.quarantine_table))
        days = {
            day
            for rules in self.load_tables()
            if rules.label in waiting
            for day in client.replay(rules, table=self.quarantine_table, run_id=context["ti"].run_id)
        }
        return [day.isoformat() for day in sorted(days)]
