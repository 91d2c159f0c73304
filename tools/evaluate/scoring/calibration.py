"""Figures of calibration: Brier score, its reference, how sure the difference is, ranking and a reliability table."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

RESAMPLES = 2000


@dataclass(frozen=True)
class Forecast:
    """A probability and what came true.

    :param probability: forecast (0–1).
    :param outcome: whether it happened.
    :param subject: whom it is about; forecasts about the same one are no independent evidence.
    """

    probability: float
    outcome: bool
    subject: str


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same height: calibrated if ``forecast`` and ``observed`` are close."""

    count: int
    forecast: float
    observed: float


@dataclass(frozen=True)
class Calibration:
    """How good forecasts are.

    :param count: number of forecasts.
    :param base_rate: share that happened.
    :param brier: mean squared error; lower is better.
    :param brier_of_base_rate: the same if everybody had got the base rate of these very forecasts, which nobody
        could know before: what a useful forecast must beat.
    :param skill: Brier skill score, the share of ``brier_of_base_rate`` that the forecasts save; 0 if they are no
        better, 1 if they are perfect, None if all or none happened.
    :param difference_from: ``brier - brier_of_base_rate`` is at least this, and
    :param difference_to: at most this, in 90% of samples like this one (bootstrap over subjects).
    :param auc: probability that of two forecasts the one that happened was higher; 0.5 is chance, None if all or
        none happened.
    :param bins: reliability table, lowest forecasts first.
    """

    count: int
    base_rate: float
    brier: float
    brier_of_base_rate: float
    skill: float | None
    difference_from: float
    difference_to: float
    auc: float | None
    bins: tuple[Bin, ...]


def _auc(forecasts: Sequence[Forecast]) -> float | None:
    happened = [item.probability for item in forecasts if item.outcome]
    others = [item.probability for item in forecasts if not item.outcome]
    if not happened or not others:
        return None
    others.sort()
    wins = sum((bisect_left(others, item) + bisect_right(others, item)) / 2 for item in happened)
    return wins / (len(happened) * len(others))


def _difference_interval(forecasts: Sequence[Forecast]) -> tuple[float, float]:
    """Return the 5% and the 95% quantile of the Brier difference over samples drawn with replacement."""
    totals: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0])
    for item in forecasts:
        total = totals[item.subject]
        total[0] += 1
        total[1] += item.outcome
        total[2] += (item.probability - item.outcome) ** 2
    # In a fixed order, since a warehouse returns rows in any.
    subjects, differences = [totals[subject] for subject in sorted(totals)], []
    random = Random(0)  # noqa: S311 - the same forecasts give the same interval
    for _ in range(RESAMPLES):
        count, happened, squares = map(sum, zip(*random.choices(subjects, k=len(subjects)), strict=True))
        base_rate = happened / count
        differences.append(squares / count - base_rate * (1 - base_rate))
    differences.sort()
    return differences[round(0.05 * (RESAMPLES - 1))], differences[round(0.95 * (RESAMPLES - 1))]


def calibrate(forecasts: Sequence[Forecast], bins: int = 5) -> Calibration:
    """Return the figures of some forecasts.

    :param bins: rows of the reliability table, of about the same number of forecasts each.
    :raises ValueError: without forecasts.
    """
    if not forecasts:
        raise ValueError("There is no forecast to measure: no lead of the truth is in the table.")
    count = len(forecasts)
    base_rate = sum(item.outcome for item in forecasts) / count
    ordered = sorted(forecasts, key=lambda item: (item.probability, item.subject))
    edges = [round(number * count / bins) for number in range(bins + 1)]
    groups = [ordered[start:end] for start, end in itertools.pairwise(edges) if end > start]
    brier = sum((item.probability - item.outcome) ** 2 for item in forecasts) / count
    brier_of_base_rate = base_rate * (1 - base_rate)
    difference_from, difference_to = _difference_interval(forecasts)
    return Calibration(
        count=count,
        base_rate=base_rate,
        brier=brier,
        brier_of_base_rate=brier_of_base_rate,
        skill=1 - brier / brier_of_base_rate if brier_of_base_rate else None,
        difference_from=difference_from,
        difference_to=difference_to,
        auc=_auc(forecasts),
        bins=tuple(
            Bin(
                len(group),
                sum(item.probability for item in group) / len(group),
                sum(item.outcome for item in group) / len(group),
            )
            for group in groups
        ),
    )
