"""What scores of customers are compared with: BG/NBD with gamma-gamma, and a logistic regression on ten columns.

Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (2005); Fader and Hardie, "The Gamma-Gamma Model of
Monetary Value" (2013). Both are fitted to what was known on the day of the forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln, hyp2f1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """Purchases of customers until the day of the forecast, a row each.

    :param repeats: days with a purchase after the first one.
    :param recency: days from the first to the last purchase.
    :param age: days from the first purchase to the day of the forecast.
    :param mean_value: mean net revenue of a purchase.
    """

    repeats: Floats
    recency: Floats
    age: Floats
    mean_value: Floats


def _fit(negative_likelihood: Any, start: tuple[float, ...]) -> Floats:
    found = minimize(negative_likelihood, np.log(start), method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-8})
    return np.asarray(np.exp(found.x), dtype=np.float64)


class BgNbd:
    """A customer buys at a rate of its own until it is lost after some purchase.

    :param histories: what it is fitted to; time is counted in weeks inside.
    """

    def __init__(self, histories: Histories) -> None:
        self._x, self._tx, self._age = histories.repeats, histories.recency / 7, histories.age / 7
        self.r, self.alpha, self.a, self.b = _fit(self._negative_likelihood, (0.5, 5.0, 0.5, 2.0))

    def _negative_likelihood(self, logs: Floats) -> float:
        r, alpha, a, b = np.exp(np.clip(logs, -12, 12))
        x, tx, age = self._x, self._tx, self._age
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        common = common + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        alive = -(r + x) * np.log(alpha + age)
        lost = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
        return float(-np.sum(common + np.logaddexp(alive, lost)))

    def _odds_lost(self) -> Floats:
        x, grown = self._x, (self.alpha + self._age) / (self.alpha + self._tx)
        return np.where(x > 0, self.a / (self.b + np.maximum(x, 1) - 1) * grown ** (self.r + x), 0.0)

    def buys(self, days: float) -> Floats:
        """Return the probability of a purchase in the next days."""
        silent = ((self.alpha + self._age) / (self.alpha + self._age + days / 7)) ** (self.r + self._x)
        return (1 - silent) / (1 + self._odds_lost())

    def purchases(self, days: float) -> Floats:
        """Return the expected number of purchases in the next days."""
        x, age, span = self._x, self._age, days / 7
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        shrunk = ((alpha + age) / (alpha + age + span)) ** (r + x)
        series = hyp2f1(r + x, b + x, a + b + x - 1, span / (alpha + age + span))
        return (a + b + x - 1) / (a - 1) * (1 - shrunk * series) / (1 + self._odds_lost())


def gamma_gamma(histories: Histories) -> Floats:
    """Return the expected net revenue of a purchase of each customer, shrunk toward the mean of all.

    :param histories: what it is fitted to; customers without revenue get the mean.
    """
    count, mean = histories.repeats + 1, np.maximum(histories.mean_value, 0.01)

    def negative_likelihood(logs: Floats) -> float:
        p, q, v = np.exp(np.clip(logs, -12, 12))
        return float(
            -np.sum(
                gammaln(p * count + q) - gammaln(p * count) - gammaln(q) + q * np.log(v)
                + (p * count - 1) * np.log(mean) + p * count * np.log(count)
                - (p * count + q) * np.log(v + count * mean)
            )
        )  # fmt: skip

    p, q, v = _fit(negative_likelihood, (2.0, 3.0, 50.0))
    return np.asarray(p * (v + count * mean) / (p * count + q - 1), dtype=np.float64)


def regression(columns: Floats, outcomes: Floats, folds: int = 5) -> Floats:
    """Return the probability of each row by a logistic regression that was fitted to the other folds.

    :param columns: a row per customer, a column per fact.
    :param outcomes: 1 where it happened, else 0.
    """
    scaled = (columns - columns.mean(axis=0)) / np.maximum(columns.std(axis=0), 1e-9)
    rows = np.column_stack([np.ones(len(scaled)), scaled])
    probabilities = np.zeros(len(rows))
    for fold in range(folds):
        held_out = np.arange(len(rows)) % folds == fold
        weights = logistic(rows[~held_out], outcomes[~held_out])
        probabilities[held_out] = expit(rows[held_out] @ weights)
    return probabilities


def logistic(rows: Floats, outcomes: Floats, penalty: float = 1.0) -> Floats:
    """Return the weights of a logistic regression, by Newton's method.

    :param rows: the first column is the constant, which is not penalized.
    :param penalty: of the squared weights.
    """
    weights = np.zeros(rows.shape[1])
    ridge = penalty * np.eye(rows.shape[1])
    ridge[0, 0] = 0
    for _ in range(50):
        chances = expit(rows @ weights)
        slope = rows.T @ (outcomes - chances) - ridge @ weights
        curve = (rows * (chances * (1 - chances))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights
