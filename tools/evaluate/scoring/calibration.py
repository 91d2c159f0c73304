"""Figures of calibration: Brier score, its reference, ranking and a reliability table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Forecast:
    """A probability and what came true.

    :param probability: forecast (0–1).
    :param outcome: whether it happened.
    """

    probability: float
    outcome: bool


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
    :param brier_of_base_rate: the same if everybody had got the base rate: what a useful forecast must beat.
    :param auc: probability that of two forecasts the one that happened was higher; 0.5 is chance, None if all or
        none happened.
    :param bins: reliability table, lowest forecasts first.
    """

    count: int
    base_rate: float
    brier: float
    brier_of_base_rate: float
    auc: float | None
    bins: tuple[Bin, ...]


def _auc(forecasts: Sequence[Forecast]) -> float | None:
    happened = [item.probability for item in forecasts if item.outcome]
    others = [item.probability for item in forecasts if not item.outcome]
    if not happened or not others:
        return None
    wins = sum((a > b) + 0.5 * (a == b) for a in happened for b in others)
    return wins / (len(happened) * len(others))


def calibrate(forecasts: Sequence[Forecast], bins: int = 5) -> Calibration:
    """Return the figures of some forecasts.

    :param bins: rows of the reliability table, of about the same number of forecasts each.
    :raises ValueError: without forecasts.
    """
    if not forecasts:
        raise ValueError("There is no forecast to judge: no lead of the truth is in the table.")
    count = len(forecasts)
    base_rate = sum(item.outcome for item in forecasts) / count
    ordered = sorted(forecasts, key=lambda item: item.probability)
    edges = [round(number * count / bins) for number in range(bins + 1)]
    groups = [ordered[start:end] for start, end in itertools.pairwise(edges) if end > start]
    return Calibration(
        count=count,
        base_rate=base_rate,
        brier=sum((item.probability - item.outcome) ** 2 for item in forecasts) / count,
        brier_of_base_rate=base_rate * (1 - base_rate),
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
