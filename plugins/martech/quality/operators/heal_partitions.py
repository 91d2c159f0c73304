"""Plans the rebuild of missing and partial days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from martech.quality.healing import plan_rebuilds
from martech.quality.hook import QualityHook
from martech.quality.tables import QualityTable
from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class HealPartitionsOperator(WarehouseOperator):
    """Plans and records the rebuild of days that silver or gold lacks while bronze has them.

    Returns (to XCom) what ``TriggerDagRunOperator`` is to be mapped over. A try after a crash returns the same.

    :param days: the run's data days (templated).
    :param replayed_days: days that got rows back from quarantine, or None (templated).
    :param raw_tables: returns what is expected of the raw tables; called when the task runs.
    :param dags: DAG that builds a layer, by layer.
    :param most: returns how many missing days one run may rebuild; called when the task runs.
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param healing_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_healing.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "days",
        "replayed_days",
        "results_table",
        "healing_table",
    )
    ui_color = "#fff3e0"

    def __init__(  # noqa: PLR0913 - what is known, what is to be done, and where it is kept
        self,
        *,
        days: Any,
        raw_tables: Callable[[], Sequence[QualityTable]],
        dags: Mapping[str, str],
        most: Callable[[], int],
        results_table: str,
        healing_table: str,
        replayed_days: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.replayed_days = replayed_days
        self.raw_tables = raw_tables
        self.dags = dags
        self.most = most
        self.results_table = results_table
        self.healing_table = healing_table

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Plan, record, and return what to trigger."""
        hook = self.warehouse(context, QualityHook)
        run_id = context["ti"].run_id
        known = hook.rebuilds(self.healing_table)
        rebuilds = [rebuild for asked_by, rebuild in known if asked_by == run_id]
        if not rebuilds:
            rebuilds = plan_rebuilds(
                hook.run_results(self.results_table, run_id),
                raw_days=hook.complete_days(self.raw_tables(), parse_days(self.days)[-1]),
                tried={(rebuild.layer, rebuild.day) for _, rebuild in known},
                replayed=parse_days(self.replayed_days) if self.replayed_days else [],
                most=self.most(),
            )
            hook.keep_rebuilds(self.healing_table, rebuilds, run_id)
        for rebuild in rebuilds:
            self.log.warning("%s %s is rebuilt: %s", rebuild.layer, rebuild.day, rebuild.reason)
        return [
            {
                "trigger_dag_id": self.dags[rebuild.layer],
                "trigger_run_id": rebuild.run_id(run_id),
                "conf": {"start_date": rebuild.day.isoformat(), "end_date": rebuild.day.isoformat()},
            }
            for rebuild in rebuilds
        ]
