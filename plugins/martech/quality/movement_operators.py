"""The circuit breaker before activation: a table that has moved implausibly is not sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.ingestion.operators import acceptance_of
from martech.quality.movement import Limits, MeasuredTable, Movement, movements
from martech.warehouse.client import WarehouseClient
from martech.warehouse.operators import WarehouseOperator
from martech.warehouse.statements import require_identifier, statement

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

# A sync that has been paused for longer starts a history of its own.
HISTORY = timedelta(days=400)


class MovementClient(WarehouseClient):
    """Measures tables, and knows what was measured before."""

    def measures(self, name: str, table: MeasuredTable) -> dict[str, float]:
        """Return a table's figures by measure.

        :param name: ``project.dataset.table``.
        :param table: what of it is compared.
        :raises ValueError: for a name that is not a plain identifier.
        """
        columns = {
            kind: [require_identifier("column", column) for column in getattr(table, kind)]
            for kind in ("shares", "totals")
        }
        rows = self.query(statement("quality/sql/measures.sql", current_table=name, **columns))
        return {row.measure: row.amount for row in rows}

    def measured_before(self, measures: str, dag_id: str) -> dict[str, dict[str, float]]:
        """Return the figures of the newest run that was let through, by table and measure.

        :param measures: ``project.dataset.table``, shaped like ``include/sql/ops/activation_measures.sql``.
        :param dag_id: the sync's DAG.
        """
        rows = self.query(
            statement("quality/sql/measured_before.sql", measures=measures),
            since=datetime.now(UTC) - HISTORY,
            dag_id=dag_id,
        )
        found: dict[str, dict[str, float]] = {}
        for row in rows:
            found.setdefault(row.table_name, {})[row.measure] = row.amount
        return found


class HoldMovementOperator(WarehouseOperator):
    """Compares what a sync reads with the newest run that was let through, and holds the sync where it moved too far.

    A dry run is never held, and is no history.

    :param load_tables: returns the tables, and how far they may move; asked when the task runs.
    :param dataset_of: dataset by layer.
    :param measures_table: full name of ``ops.activation_measures``.
    :param accept: an object with ``who`` and ``why`` where somebody lets the run through (templated).
    :param alert: sends the alert of an accepted movement; None sends none.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "accept")
    ui_color = "#fff3e0"

    def __init__(
        self,
        *,
        load_tables: Callable[[], tuple[Sequence[MeasuredTable], Limits]],
        dataset_of: Mapping[str, str],
        measures_table: str,
        accept: str = "",
        alert: Callable[[Alert, Context], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_tables = load_tables
        self.dataset_of = dataset_of
        self.measures_table = measures_table
        self.accept = accept
        self.alert = alert

    def execute(self, context: Context) -> list[str]:
        """Measure, compare and keep, and return what moved too far and was accepted, in words.

        :raises AirflowFailException: where something moved too far and nobody accepts it; a retry would not help.
        """
        acceptance = acceptance_of(self.accept, "accept_movement")
        client = self.warehouse(context, MovementClient)
        task = context["ti"]
        tables, limits = self.load_tables()
        before = client.measured_before(self.measures_table, task.dag_id)
        rows: list[dict[str, Any]] = []
        moved: list[str] = []
        for table in tables:
            label = f"{self.dataset_of[table.layer]}.{table.name}"
            now = client.measures(f"{client.project_id}.{label}", table)
            found = {movement.measure: movement for movement in movements(before.get(label, {}), now, limits)}
            moved += [f"{label}: {movement.text}" for movement in found.values()]
            rows += _rows(label, now, before.get(label, {}), found)
        for line in moved:
            self.log.warning(line)
        if context["params"]["dry_run"]:
            return moved
        head = {
            "measured_at": datetime.now(UTC).isoformat(),
            "dag_id": task.dag_id,
            "run_id": task.run_id,
            "is_let_through": not moved or acceptance is not None,
            "accepted_by": acceptance.who if moved and acceptance else None,
            "accepted_why": acceptance.why if moved and acceptance else None,
        }
        client.append_rows(self.measures_table, [{**head, **row} for row in rows])
        if moved and acceptance is None:
            raise AirflowFailException(
                "Nothing is sent: what this sync reads moved further in one run than is plausible.\n"
                + "\n".join(moved)
                + "\nLook at the table's newest rows and at what landed since. If it is wrong, correct it and build "
                f"gold again; the next run compares anew. If it is right: airflow dags trigger {task.dag_id} --conf "
                '\'{"accept_movement": {"who": "ana@example.com", "why": "the campaign of May"}}\'. '
                f"Limits are in {limits.declared_in}."
            )
        if moved and acceptance and self.alert:
            self.alert(
                Alert(
                    f"{len(moved)} movements before {task.dag_id} were accepted by {acceptance.who}: {acceptance.why}",
                    "\n".join(moved),
                    "Nothing, if that is right. The next runs compare with what was sent now.",
                    severity=Severity.WARNING,
                ),
                context,
            )
        return moved


def _rows(
    label: str, now: Mapping[str, float], before: Mapping[str, float], moved: Mapping[str, Movement]
) -> list[dict[str, Any]]:
    return [
        {
            "table_name": label,
            "measure": measure,
            "amount": now.get(measure, 0.0),
            "amount_before": before.get(measure),
            "is_plausible": measure not in moved,
        }
        # What moved away is kept too: a value that no row has any more.
        for measure in sorted(now.keys() | moved.keys())
    ]
