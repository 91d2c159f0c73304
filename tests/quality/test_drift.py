from __future__ import annotations

from datetime import date, timedelta

import pytest
from martech.quality.checks import Evidence, check_table
from martech.quality.drift import bin_by_quantiles, largest_move, merge_rare, stability_index
from martech.quality.profile import Profile
from martech.quality.tables import QualityTable

DAY = date(2026, 11, 20)


def test_equal_shares_are_no_drift_whatever_the_size() -> None:
    assert stability_index({"a": 10, "b": 30}, {"a": 100, "b": 300}) == 0


def test_index_by_example() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
    assert stability_index({"a": 50, "b": 50}, {"a": 60, "b": 40}) == pytest.approx(0.040547, abs=1e-6)


def test_new_class_is_a_large_but_finite_drift() -> None:
    assert 0.25 < stability_index({"a": 100}, {"a": 50, "b": 50}) < 10


def test_nothing_to_compare() -> None:
    assert stability_index({}, {"a": 1}) == 0


def test_rare_classes_are_one() -> None:
    before = {f"campaign {number}": 100 - number for number in range(50)}
    merged, now = merge_rare(before, {"campaign 0": 5, "campaign 49": 1, "new": 2})
    assert len(merged) == 21
    assert merged["other"] == sum(100 - number for number in range(20, 50))
    assert now == {"campaign 0": 5, "other": 3}


def test_quantiles_fall_into_ten_bins() -> None:
    points = [float(number) for number in range(101)]
    before, now = bin_by_quantiles(points, points)
    assert before == now
    assert len(before) == 10
    assert stability_index(*bin_by_quantiles(points, [point + 1 for point in points])) < 0.1
    assert stability_index(*bin_by_quantiles(points, [point * 3 for point in points])) > 0.25


def test_a_value_on_an_edge_belongs_to_the_bin_that_it_closes() -> None:
    # The ninth parts of 0 … 9 are 1 … 9: 0 and 1 share the first bin, and what is above 9 has the last one alone.
    points = [float(number) for number in range(10)]
    before, now = bin_by_quantiles(points, [1.0, 1.5, 9.0, 9.5])
    assert before == {"0": 2, **{str(number): 1 for number in range(1, 9)}}
    assert now == {"0": 1, "1": 1, "8": 1, "9": 1}


def test_column_that_is_mostly_zero() -> None:
    before = [0.0] * 90 + [1.0] * 11
    assert stability_index(*bin_by_quantiles(before, before)) == 0
    assert stability_index(*bin_by_quantiles(before, [0.0] * 40 + [1.0] * 61)) > 0.25


def test_what_moved_most() -> None:
    assert largest_move({"a": 50, "b": 50}, {"a": 1, "b": 2, "c": 1}) == ("a", 0.5, 0.25)


def drift_of(now: dict[str, int], *, days: int = 7) -> tuple[bool | None, str]:
    """Return whether a column passes, and why, that was half a and half b for so many days before."""
    table = QualityTable("silver", "shop", "orders", {"status": "STRING"}, "day", "daily", drift=("status",),
                         severity={"drift": "error"})  # fmt: skip
    profile = Profile(
        classes={"status": {"baseline": {"a": 50, "b": 50}, "now": now}},
        samples={"status": {"baseline": 100, "now": sum(now.values())}},
    )
    rows = {DAY - timedelta(days=number): 10 for number in range(days + 1)}
    (found,) = [
        result
        for result in check_table(table, Evidence([DAY], {"status": "STRING"}, rows, profile))
        if result.check == "drift"
    ]
    return found.passed, found.observed


def test_a_quarter_of_psi_is_the_limit() -> None:
    # .2 × ln(.7 / .5) + -.2 × ln(.3 / .5), and the same with a quarter moved.
    assert drift_of({"a": 70, "b": 30}) == (True, "PSI 0.169")
    assert drift_of({"a": 75, "b": 25}) == (False, "PSI 0.275")


def test_drift_needs_a_week_of_history_and_fifty_rows() -> None:
    moved = {"a": 99, "b": 1}
    assert drift_of(moved, days=6) == (None, "6 days")
    assert drift_of(moved, days=7)[0] is False
    assert drift_of({"a": 48, "b": 1})[0] is None
    assert drift_of({"a": 49, "b": 1})[0] is False
