"""The figures that measure conversion probabilities, on forecasts that can be checked by hand."""

from __future__ import annotations

from datetime import date

import pytest

from tools.evaluate.scoring.__main__ import HORIZON_DAYS, measure
from tools.evaluate.scoring.calibration import Forecast, calibrate


def test_figures_of_four_forecasts():
    forecasts = [(0.1, False), (0.3, False), (0.6, True), (0.8, False)]
    result = calibrate([Forecast(*values, subject=str(values)) for values in forecasts], bins=2)
    assert result.count == 4
    assert result.base_rate == 0.25
    assert result.brier == pytest.approx((0.01 + 0.09 + 0.16 + 0.64) / 4)
    assert result.brier_of_base_rate == pytest.approx(0.1875)
    assert result.skill == pytest.approx(1 - 0.225 / 0.1875)
    assert result.auc == pytest.approx(2 / 3)
    assert [(row.count, row.observed) for row in result.bins] == [(2, 0.0), (2, 0.5)]
    assert [row.forecast for row in result.bins] == pytest.approx([0.2, 0.7])


def test_ties_count_half_and_one_sided_outcomes_have_no_ranking():
    assert calibrate([Forecast(0.5, True, "a"), Forecast(0.5, False, "b")]).auc == 0.5
    one_sided = calibrate([Forecast(0.5, True, "a")])
    assert one_sided.auc is None
    assert one_sided.skill is None


def test_interval_tells_skill_from_luck():
    """Forecasts of 0.2 and 0.8 that come true at just those rates: ten prove nothing, two hundred do."""
    outcomes = [(0.2, number == 0) for number in range(5)] + [(0.8, number < 4) for number in range(5)]
    few = calibrate([Forecast(*values, subject=f"{number}") for number, values in enumerate(outcomes)])
    many = calibrate([Forecast(*values, subject=f"{number}") for number, values in enumerate(outcomes * 20)])
    assert few.brier - few.brier_of_base_rate == pytest.approx(0.16 - 0.25)
    assert few.difference_from < -0.09 < 0 < few.difference_to
    assert many.difference_from < -0.09 < many.difference_to < 0


def test_interval_does_not_depend_on_the_order_of_rows():
    forecasts = [Forecast(0.1 * number, number % 2 == 0, f"lead {number}") for number in range(9)]
    assert calibrate(forecasts).difference_to == pytest.approx(calibrate(forecasts[::-1]).difference_to)


def test_repeated_forecasts_about_one_subject_do_not_narrow_the_interval():
    forecasts = [Forecast(0.4 + 0.01 * number, number % 3 == 0, str(number)) for number in range(12)]
    once, often = calibrate(forecasts), calibrate(forecasts * 20)
    assert often.difference_from == pytest.approx(once.difference_from)
    assert often.difference_to == pytest.approx(once.difference_to)


def test_nothing_to_judge_is_an_error():
    with pytest.raises(ValueError, match="no forecast to measure"):
        measure([{"lead_id": "unknown", "observed_date": date(2026, 1, 1), "conversion_probability": 0.5}], {})


def test_only_conversions_after_the_observed_day_and_within_the_horizon_count():
    observed = date(2026, 1, 1)
    last = date.fromordinal(observed.toordinal() + HORIZON_DAYS)
    truth = {"never": None, "same_day": observed, "last_day": last, "too_late": date.fromordinal(last.toordinal() + 1)}
    rows = [{"lead_id": lead, "observed_date": observed, "conversion_probability": 0.5} for lead in truth]
    assert measure(rows, truth).base_rate == 0.25
