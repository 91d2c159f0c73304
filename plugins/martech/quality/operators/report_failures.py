"""Lets the run fail where a check of severity error failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from martech.alerts.messages import Alert
from martech.quality.hook import QualityHook
from martech.quality.results import failure_lines
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ReportFailuresOperator(WarehouseOperator):
    """Fails with every check of severity error that failed, and tells of the warnings.

    :param results_table: ``project.dataset.table`` of the results (templated).
    :param alert: told of the warnings; None only logs. Errors are told by the failure itself.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowFailException: with message and cure of each failed check; a retry would find the same.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "results_table")
    ui_color = "#ffebee"

    def __init__(
        self, *, results_table: str, alert: Callable[[Alert, Context], None] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.results_table = results_table
        self.alert = alert

    def execute(self, context: Context) -> None:
        """Tell, and fail or go on."""
        results = self.warehouse(context, QualityHook).run_results(self.results_table, context["ti"].run_id)
        errors = failure_lines(result for result in results if result.is_blocking)
        warnings = failure_lines(result for result in results if result.is_failed and not result.is_blocking)
        for line in warnings:
            self.log.warning(line)
        if warnings and self.alert:
            count = len(warnings)
            title = f"{count} quality warning{'s' if count > 1 else ''}"
            cure = "Each line says what to look at; the day's report shows them beside their history."
            self.alert(Alert(title, "\n".join(warnings), cure, "warning"), context)
        if errors:
            raise AirflowFailException(f"{len(errors)} quality checks failed:\n" + "\n".join(errors))
