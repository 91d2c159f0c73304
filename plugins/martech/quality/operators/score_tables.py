"""Scores tables and layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException

from martech.quality.hook import QualityHook
from martech.quality.scores import score_tables
from martech.warehouse.days import parse_days
from martech.warehouse.operator import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ScoreTablesOperator(WarehouseOperator):
    """Turns the results of a run into scores (0–100) and records them. Returns (to XCom) the score of each layer.

    :param days: the run's data days; scores are kept for the newest (templated).
    :param weights: returns the weight of a check by its severity; called when the task runs.
    :param results_table: ``project.dataset.table`` of the results (templated).
    :param scores_table: ``project.dataset.table``, shaped like ``include/sql/ops/quality_scores.sql`` (templated).
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowException: where the run has no results.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "days", "results_table", "scores_table")
    ui_color = "#e8f5e9"

    def __init__(
        self,
        *,
        days: Any,
        weights: Callable[[], Mapping[str, float]],
        results_table: str,
        scores_table: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.weights = weights
        self.results_table = results_table
        self.scores_table = scores_table

    def execute(self, context: Context) -> dict[str, float | None]:
        """Score and record."""
        hook = self.warehouse(context, QualityHook)
        run_id = context["ti"].run_id
        results = hook.run_results(self.results_table, run_id)
        if not results:
            raise AirflowException(f"{self.results_table} has no results of run {run_id}: clear check_tables first.")
        scores = score_tables(results, self.weights())
        hook.keep_scores(self.scores_table, scores, parse_days(self.days)[-1], run_id)
        layers = {score.layer: score.score for score in scores if score.table is None}
        self.log.info("Scores: %s", ", ".join(f"{layer} {score}" for layer, score in layers.items()))
        return layers
