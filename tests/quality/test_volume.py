from __future__ import annotations

from datetime import date, timedelta

import pytest
from martech.quality.volume import seasonal_baseline

MONDAY = date(2026, 11, 23)


def mondays(*rows: int) -> dict[date, int]:
    """Return rows of the Mondays before, newest first."""
    return {MONDAY - timedelta(weeks=ago): count for ago, count in enumerate(rows, start=1)}


def band(history: dict[date, int], **options: float) -> tuple[float, float]:
    arguments = {"weeks": 8, "minimum_weeks": 3, "deviations": 4, **options}
    baseline = seasonal_baseline(MONDAY, history, **arguments)  # type: ignore[arg-type]
    assert baseline is not None
    return round(baseline.low), round(baseline.high)


def test_weeks_that_were_alike_leave_room_for_chance() -> None:
    # ±4 √400
    assert band(mondays(400, 400, 400, 400)) == (320, 480)


def test_large_table_may_move_by_a_fifth() -> None:
    # ±4 × 5 %
    assert band(mondays(*[1_000_000] * 4)) == (800_000, 1_200_000)


def test_one_bad_week_moves_nothing() -> None:
    assert band(mondays(400, 400, 5, 400, 400, 400)) == band(mondays(400, 400, 400, 400, 400, 400))


def test_restless_table_gets_a_wider_band() -> None:
    # MAD 100, so σ 148, and 4 of them to each side
    assert band(mondays(900, 1000, 1100, 900, 1000, 1100)) == (407, 1593)


def test_other_weekdays_do_not_count() -> None:
    sundays = {day - timedelta(days=1): 10_000 for day in mondays(1, 1, 1, 1)}
    assert band({**mondays(400, 400, 400), **sundays}) == (320, 480)


def test_table_that_is_mostly_empty_may_have_a_few_rows() -> None:
    assert band(mondays(0, 1, 0, 2, 0, 0, 3)) == (0, 4)


def test_band_does_not_go_below_nothing() -> None:
    assert band(mondays(4, 4, 4))[0] == 0


@pytest.mark.parametrize("history", [{}, mondays(400, 400), mondays(0, 0, 0, 0), {MONDAY: 400}])
def test_too_little_is_no_baseline(history: dict[date, int]) -> None:
    assert seasonal_baseline(MONDAY, history, weeks=8, minimum_weeks=3, deviations=4) is None


def test_weeks_before_the_first_row_say_nothing() -> None:
    baseline = seasonal_baseline(MONDAY, mondays(400, 400, 400, 0, 0, 0), weeks=8, minimum_weeks=3, deviations=4)
    assert baseline is not None
    assert (baseline.weeks, baseline.expected) == (3, 400)


def test_missing_week_counts_as_an_empty_one() -> None:
    baseline = seasonal_baseline(MONDAY, mondays(400, 0, 400, 400), weeks=8, minimum_weeks=3, deviations=4)
    assert baseline is not None
    assert baseline.weeks == 4
