"""The figures that measure scores of customers, on published and hand-made examples."""

from __future__ import annotations

import numpy as np
import pytest

from tools.evaluate.customers.baselines import BgNbd, Histories, gamma_gamma, regression
from tools.evaluate.customers.figures import auc, brier, ratio_by_age, slope, top_share


def histories(repeats: float, recency_weeks: float, age_weeks: float) -> Histories:
    return Histories(*(np.array([value]) for value in (repeats, recency_weeks * 7, age_weeks * 7, 10.0)))


def test_bg_nbd_gives_the_published_expectation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fader, Hardie and Lee, "Implementing the BG/NBD Model … in Excel" (2005), for x = 2, t_x = 30.43, T = 38.86."""
    monkeypatch.setattr(
        "tools.evaluate.customers.baselines._fit", lambda *_: np.array([0.242595, 4.413532, 0.792886, 2.425752])
    )
    model = BgNbd(histories(2, 30.43, 38.86))
    assert model.purchases(39 * 7)[0] == pytest.approx(1.226, abs=1e-3)
    assert 0 < model.buys(90)[0] < model.buys(365)[0] < 1


def test_bg_nbd_finds_the_rates_of_buyers_that_are_never_lost() -> None:
    """Poisson buyers with gamma rates: their future follows from their past."""
    random = np.random.default_rng(5)
    rates = random.gamma(2.0, 1 / 10, size=3000)  # a week
    repeats = random.poisson(rates * 50).astype(float)
    recency = np.where(repeats > 0, 350 * random.beta(np.maximum(repeats, 1), 1), 0.0)
    past = Histories(repeats, recency, np.full(3000, 350.0), np.full(3000, 10.0))
    assert BgNbd(past).purchases(70).sum() == pytest.approx(rates.sum() * 10, rel=0.1)


def test_gamma_gamma_shrinks_toward_the_mean() -> None:
    random = np.random.default_rng(6)
    means = 20 / random.gamma(4.0, 1.0, size=2000) * 3
    count = random.integers(1, 8, size=2000)
    seen = np.array([random.gamma(2.0, mean / 2, size=n).mean() for mean, n in zip(means, count, strict=True)])
    expected = gamma_gamma(Histories(count - 1.0, count * 1.0, count * 2.0, seen))
    assert np.mean((expected - means) ** 2) < np.mean((seen - means) ** 2)


def test_ranking_and_calibration_by_hand() -> None:
    scores, outcomes = np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 1.0, 0.0, 1.0])
    assert auc(scores, outcomes) == 3.5 / 4
    assert brier(scores, outcomes) == pytest.approx((0.01 + 0.36 + 0.16 + 0.04) / 4)
    assert auc(-scores, outcomes) == 0.5 / 4


def test_slope_tells_who_is_too_sure() -> None:
    random = np.random.default_rng(7)
    odds = random.normal(size=20_000)
    outcomes = (random.random(20_000) < 1 / (1 + np.exp(-odds))).astype(float)
    assert slope(1 / (1 + np.exp(-odds)), outcomes) == pytest.approx(1, abs=0.05)
    assert slope(1 / (1 + np.exp(-2 * odds)), outcomes) == pytest.approx(0.5, abs=0.03)


def test_value_by_age_and_at_the_top() -> None:
    expected, came, ages = np.array([2.0, 1, 4, 1]), np.array([1.0, 1, 2, 0]), np.array([5.0, 30, 31, 700])
    assert ratio_by_age(expected, came, ages) == {"0–30 days": (1.5, 2), "31–90 days": (2.0, 1)}
    assert top_share(expected, came) == 0.5


def test_a_regression_does_not_see_what_it_forecasts() -> None:
    random = np.random.default_rng(8)
    noise, outcomes = random.normal(size=(400, 10)), (random.random(400) < 0.5).astype(float)
    assert auc(regression(noise, outcomes), outcomes) == pytest.approx(0.5, abs=0.1)


def test_one_outcome_alone_cannot_be_ranked() -> None:
    with pytest.raises(ValueError, match="longer or a shorter horizon"):
        auc(np.array([0.1, 0.2]), np.array([1.0, 1.0]))
