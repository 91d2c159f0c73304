from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from martech.ingestion.volumes import Occasion, VolumeRules, usual_volume

from include.quality.declared_volume import load_volume_rules

# A Wednesday on which nothing is special.
DAY = date(2026, 10, 14)
PLAIN = VolumeRules()


def history(rows: int, days: int = 56, until: date = DAY) -> dict[date, int]:
    return {until - timedelta(days=ago): rows for ago in range(1, days + 1)}


def test_nothing_is_usual_before_a_week_is_known() -> None:
    assert usual_volume(DAY, history(100, days=6), PLAIN) is None
    usual = usual_volume(DAY, history(100, days=7), PLAIN)
    assert usual is not None
    assert (usual.rows, usual.basis) == (100, "the median of 7 days")


def test_weekends_are_compared_with_weekends() -> None:
    past = {day: 20 if day.weekday() >= 5 else 500 for day in history(0)}
    saturday = DAY + timedelta(days=3)
    assert usual_volume(DAY, past, PLAIN).rows == 500
    assert usual_volume(saturday, past | history(500, 3, saturday), PLAIN).rows == 20


@pytest.mark.parametrize(("growth", "level"), [(1.3, 1.3), (0.8, 0.8), (5.0, 2.0), (0.1, 0.5)])
def test_the_last_week_says_what_season_it_is(growth: float, level: float) -> None:
    past = history(1000) | history(round(1000 * growth), days=7)
    assert usual_volume(DAY, past, PLAIN).rows == pytest.approx(1000 * level)


@pytest.mark.parametrize("rows", [1, 10**6], ids=["a lost day", "an initial sync"])
def test_one_odd_day_of_the_past_moves_nothing(rows: int) -> None:
    past = history(100)
    assert all(usual_volume(DAY, past | {day: rows}, PLAIN).rows == 100 for day in past)


@settings(deadline=None)  # the machine may be busy
@given(
    st.dictionaries(st.integers(1, 80), st.integers(0, 10**6)), st.dictionaries(st.integers(-9, 0), st.integers(1, 9))
)
def test_only_days_before_count_and_eight_weeks_of_them(past: dict[int, int], later: dict[int, int]) -> None:
    rows = {DAY - timedelta(days=ago): count for ago, count in past.items()}
    near = {day: count for day, count in rows.items() if (DAY - day).days <= 56 and count}
    future = {DAY - timedelta(days=ago): count for ago, count in later.items()}
    assert usual_volume(DAY, rows | future, PLAIN) == usual_volume(DAY, near, PLAIN)


# As calendars print them.
KNOWN = {
    "Black Friday to Cyber Monday": [
        (date(2024, 11, 29), date(2024, 12, 2)),
        (date(2025, 11, 28), date(2025, 12, 1)),
        (date(2026, 11, 27), date(2026, 11, 30)),
    ],
    "Thanksgiving": [(date(2024, 11, 28), date(2024, 11, 28)), (date(2026, 11, 26), date(2026, 11, 26))],
    "Labor Day": [(date(2025, 9, 1), date(2025, 9, 1)), (date(2026, 9, 7), date(2026, 9, 7))],
    "Easter": [(date(2025, 4, 18), date(2025, 4, 21)), (date(2026, 4, 3), date(2026, 4, 6))],
    "New Year": [(date(2025, 12, 31), date(2026, 1, 1))],
    "Christmas": [(date(2026, 12, 24), date(2026, 12, 26))],
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_declared_calendar_has_the_days_that_calendars_print(name: str) -> None:
    (occasion,) = [occasion for occasion in load_volume_rules().calendar if occasion.name == name]
    for first, last in KNOWN[name]:
        assert [
            occasion.includes(day) for day in (first - timedelta(days=1), first, last, last + timedelta(days=1))
        ] == [
            False,
            True,
            True,
            False,
        ]


def test_days_of_the_calendar_are_no_measure_of_the_others() -> None:
    rules = VolumeRules(calendar=[Occasion("sale", (1, 4), days=7, month=10, day=1)])
    past = history(100) | {date(2026, 10, day): 400 for day in range(1, 8)}
    usual = usual_volume(DAY, past, rules)
    assert (usual.rows, usual.occasion) == (100, None)
    sale = usual_volume(date(2026, 10, 7), past, rules)
    assert sale.band((0.5, 2)) == (50, 800)
