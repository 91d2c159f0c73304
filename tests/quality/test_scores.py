from __future__ import annotations

from datetime import timedelta

from martech.quality.results import QualityResult, failure_lines
from martech.quality.scores import score_tables

from tests.quality.conftest import DAY, result

WEIGHTS = {"error": 3.0, "warning": 1.0}


def score(*results: QualityResult) -> float | None:
    return score_tables(results, WEIGHTS)[0].score


def test_all_passed() -> None:
    assert score(result(check="schema", passed=True), result(check="volume", passed=True, severity="warning")) == 100


def test_severity_weighs() -> None:
    good, bad = {"check": "schema", "passed": True}, {"check": "volume", "passed": False}
    assert score(result(**good), result(**bad, severity="warning")) == 75
    assert score(result(**good), result(**bad, severity="error")) == 50


def test_what_was_not_judged_does_not_count() -> None:
    assert score(result(check="schema", passed=True), result(check="drift", passed=None)) == 100
    assert score(result(check="drift", passed=None)) is None


def test_check_counts_once_however_many_days_it_judged() -> None:
    days = [result(check="volume", day=DAY - timedelta(days=ago), passed=ago > 0) for ago in range(4)]
    assert score(*days, result(check="schema", passed=True)) == 87.5


def test_columns_are_checks_of_their_own() -> None:
    columns = [result(check="null_rate", column=name, passed=name == "a") for name in ("a", "b")]
    assert score(*columns) == 50


def test_layer_is_the_mean_of_its_tables() -> None:
    found = score_tables(
        [
            result(table="staging.a", passed=True),
            result(table="staging.b", passed=False),
            result(table="staging.c", passed=False, severity="warning"),
            result(table="marts.d", layer="gold", passed=None),
        ],
        WEIGHTS,
    )
    layers = {entry.layer: entry for entry in found if entry.table is None}
    assert layers["silver"].score == 33.3
    assert (layers["silver"].checks, layers["silver"].errors, layers["silver"].warnings) == (3, 1, 1)
    assert layers["gold"].score is None


def test_days_of_a_failure_are_told_in_one_line() -> None:
    gaps = [result(day=DAY - timedelta(days=ago), message=f"{ago} days ago") for ago in range(3)]
    assert failure_lines([*gaps, result(check="drift", passed=None)]) == ["partition_gap: 2 days ago (and 2 days more)"]
