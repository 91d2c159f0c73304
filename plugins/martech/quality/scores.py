"""A number for how good a table is: the weighted share of its checks that passed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean

from martech.quality.results import QualityResult


@dataclass(frozen=True)
class Score:
    """How good a table or layer is.

    :param layer: bronze, silver or gold.
    :param table: ``dataset.table``; None for the layer as a whole.
    :param score: 0–100; None where nothing could be decided.
    :param checks: checks that were decided.
    :param errors: checks of severity error that failed.
    :param warnings: checks of severity warning that failed.
    """

    layer: str
    table: str | None
    score: float | None
    checks: int
    errors: int
    warnings: int


def _table_score(layer: str, table: str, results: Iterable[QualityResult], weights: Mapping[str, float]) -> Score:
    # One check of a column counts once, however many days it looked at: its share is that of the days that passed.
    days: dict[tuple[str, str | None], list[QualityResult]] = {}
    for result in results:
        if result.passed is not None:
            days.setdefault((result.check, result.column), []).append(result)
    total = earned = 0.0
    errors = warnings = 0
    for results_of_check in days.values():
        failed = [result for result in results_of_check if result.is_failed]
        blocking = any(result.is_blocking for result in failed)
        # A check may warn of one thing and fail for another (an extra and a missing column): the worse one counts.
        severity = next((r.severity for r in failed if r.is_blocking), (failed or results_of_check)[0].severity)
        weight = weights[severity]
        total += weight
        earned += weight * (1 - len(failed) / len(results_of_check))
        errors += blocking
        warnings += bool(failed) and not blocking
    score = round(100 * earned / total, 1) if total else None
    return Score(layer, table, score, len(days), errors, warnings)


def score_tables(results: Iterable[QualityResult], weights: Mapping[str, float]) -> list[Score]:
    """Return the score of every table, then that of every layer, which is the mean of its tables'.

    :param results: all results of a run.
    :param weights: weight of a check by its severity.
    """
    tables: dict[tuple[str, str], list[QualityResult]] = {}
    for result in results:
        tables.setdefault((result.layer, result.table), []).append(result)
    scores = [_table_score(layer, table, found, weights) for (layer, table), found in sorted(tables.items())]
    layers = []
    for layer in sorted({score.layer for score in scores}):
        parts = [score for score in scores if score.layer == layer]
        known = [score.score for score in parts if score.score is not None]
        layers.append(
            Score(
                layer,
                None,
                round(mean(known), 1) if known else None,
                sum(score.checks for score in parts),
                sum(score.errors for score in parts),
                sum(score.warnings for score in parts),
            )
        )
    return scores + layers
