"""Tells whether a day was built in time, and who is late where it wasn't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator
from martech.warehouse.partitions_hook import BigQueryPartitionsHook

if TYPE_CHECKING:
    from datetime import date

    from airflow.providers.common.compat.sdk import Context


@dataclass(frozen=True)
class Milestone:
    """What one DAG of a chain leaves in the warehouse for every day.

    :param layer: layer of the tables, for the message.
    :param dag_id: DAG that fills them.
    :param dataset_id: their dataset.
    :param tables: tables, partitioned by day, that have rows of every day.
    """

    layer: str
    dag_id: str
    dataset_id: str
    tables: tuple[str, ...]


class DeadlineOperator(WarehouseOperator):
    """Fails, without a retry, where the last layer lacks a day; names the first layer that is late.

    Asks the warehouse and not Airflow, so that it holds whatever built the tables, and reads no table data.

    :param milestones: the chain, from its first layer to its last.
    :param days: data days: ISO dates, or a template that gives them between commas (templated).
    :param deadline: the time that has passed, for the message.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: where a day is not built.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days")
    ui_color = "#fff3e0"

    def __init__(self, *, milestones: Sequence[Milestone], days: Any, deadline: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.milestones = milestones
        self.days = days
        self.deadline = deadline

    def execute(self, context: Context) -> None:
        """Look at the last layer, and where it is late at those before it."""
        hook = self.warehouse(context, BigQueryPartitionsHook)
        days = parse_days(self.days)
        last = self.milestones[-1].layer
        if not self._missing(hook, last, days):
            self.log.info("%s is built for %s.", last, self.days)
            return
        for layer in dict.fromkeys(milestone.layer for milestone in self.milestones):
            late = self._missing(hook, layer, days)
            if late:
                tables = "\n".join(f"{dag_id}: no rows in {', '.join(names)}" for dag_id, names in late.items())
                raise AirflowFailException(
                    f"{last} is not built for {self.days} at the deadline, {self.deadline}. "
                    f"The first late layer is {layer}; look at {', '.join(late)}.\n{tables}"
                )

    def _missing(self, hook: BigQueryPartitionsHook, layer: str, days: list[date]) -> dict[str, list[str]]:
        """Return the tables and days without rows, by DAG."""
        found: dict[str, list[str]] = {}
        for milestone in self.milestones:
            if milestone.layer != layer:
                continue
            rows = hook.rows_by_day(milestone.dataset_id, milestone.tables, days[0], days[-1])
            for table in milestone.tables:
                missing = [f"{milestone.dataset_id}.{table} of {day}" for day in days if not rows[table].get(day)]
                if missing:
                    found.setdefault(milestone.dag_id, []).extend(missing)
        return found
