from __future__ import annotations

import pytest
from martech.quality.drift import bin_by_quantiles, largest_move, merge_rare, stability_index


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
