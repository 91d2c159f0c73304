"""How good scores of customers are: ranking, calibration, and value by age and at the top."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import logit
from scipy.stats import rankdata

from tools.evaluate.customers.baselines import Floats, logistic

# Days since the first conversion; the last band has no end.
AGES = (0, 31, 91, 181, 366, 100_000)


def auc(scores: Floats, outcomes: Floats) -> float:
    """Return the chance that of two customers the one with the outcome has the higher score; ties count half."""
    happened = outcomes > 0
    count, others = int(happened.sum()), int((~happened).sum())
    if not count or not others:
        raise ValueError("All customers or none have the outcome: measure a longer or a shorter horizon.")
    ranks = rankdata(scores)
    return float((ranks[happened].sum() - count * (count + 1) / 2) / (count * others))


def brier(probabilities: Floats, outcomes: Floats) -> float:
    """Return the mean squared error of probabilities; lower is better."""
    return float(np.mean((probabilities - outcomes) ** 2))


def slope(probabilities: Floats, outcomes: Floats) -> float:
    """Return the slope of the outcome's log odds over the probability's: 1 where calibrated, less where too sure."""
    odds = logit(np.clip(probabilities, 1e-4, 1 - 1e-4))
    return float(logistic(np.column_stack([np.ones(len(odds)), odds]), outcomes, penalty=0)[1])


def ratio_by_age(expected: Floats, came: Floats, ages: Floats) -> dict[str, tuple[float, int]]:
    """Return expected over actual value, and the number of customers, by days since the first conversion.

    :param expected: value that was expected of each customer.
    :param came: value that came.
    :param ages: days since the first conversion.
    """
    ratios = {}
    for first, after in itertools.pairwise(AGES):
        band = (ages >= first) & (ages < after)
        if came[band].sum() > 0:
            name = f"{first}–{after - 1} days" if after < AGES[-1] else f"over {first - 1} days"
            ratios[name] = (float(expected[band].sum() / came[band].sum()), int(band.sum()))
    return ratios


def top_share(expected: Floats, came: Floats) -> float:
    """Return the share of the value to come that the tenth with the highest expectation brings."""
    top = np.argsort(-expected, kind="stable")[: max(1, len(expected) // 10)]
    return float(came[top].sum() / came.sum())
