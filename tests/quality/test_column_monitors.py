"""What is unusual about a column: each kind of fault, and days that only look odd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from martech.ingestion.volumes import Occasion, VolumeRules
from martech.quality.column_monitors import MonitorLimits, unusual_columns
from martech.quality.column_operators import compare
from martech.quality.column_profiles import ColumnProfile
from martech.quality.tables import QualityTable

DAY = date(2026, 11, 23)
LIMITS = MonitorLimits()
BLACK_FRIDAY = VolumeRules(calendar=[Occasion("Black Friday", (0.5, 2), month=11, day=DAY.day)])
RANDOM = Random(5)  # noqa: S311 - not for secrets


def usual() -> ColumnProfile:
    """A tenth without a value, a few zeros, mostly different texts of some 20 characters, one status in half."""
    rows = RANDOM.randrange(80, 120)
    nulls = sum(RANDOM.random() < 0.1 for _ in range(rows))
    filled = rows - nulls
    paid = sum(RANDOM.random() < 0.5 for _ in range(filled))
    return ColumnProfile(
        rows=rows,
        nulls=nulls,
        zeros=RANDOM.randrange(3),
        distinct=filled - RANDOM.randrange(4),
        size=20 + RANDOM.gauss(0, 0.5),
        deviation=5,
        recent=filled - RANDOM.randrange(filled // 3),
        values={"paid": paid, "open": filled - paid},
    )


def with_nulls(now: ColumnProfile, nulls: int) -> ColumnProfile:
    """The day with so many rows without a value, the others as they are."""
    filled = now.rows - nulls
    counts = {name: min(getattr(now, name), filled) for name in ("zeros", "distinct", "recent")}
    return replace(now, nulls=nulls, values={}, **counts)


def days_before(count: int = LIMITS.days) -> dict[date, ColumnProfile]:
    return {day: usual() for ago in range(count, 0, -1) for day in [DAY - timedelta(days=ago)]}


Change = Callable[[ColumnProfile], ColumnProfile]
FAULTS: dict[str, tuple[Change, str]] = {
    "nothing is filled": (lambda now: with_nulls(now, now.rows), "nulls"),
    "a third less is filled": (lambda now: with_nulls(now, now.nulls + now.rows // 3), "nulls"),
    "everything is filled": (lambda now: replace(now, nulls=0, rows=3 * now.rows), "nulls"),
    "zeros": (lambda now: replace(now, zeros=now.filled), "zeros, blanks or false"),
    "one value for all": (lambda now: replace(now, distinct=1), "repeated values"),
    "a value takes over": (lambda now: replace(now, values={"paid": now.filled}), "rows with 'open'"),
    "an unknown value": (lambda now: replace(now, values={"PAID": now.filled}), "rows with 'PAID'"),
    "texts are cut off": (lambda now: replace(now, size=8.0), "a mean length (text) or logarithm (numbers)"),
    "an old file again": (lambda now: replace(now, recent=0), "times of these two days"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_named(name: str) -> None:
    change, what = FAULTS[name]
    days = days_before()
    found = unusual_columns(DAY, {"status": {**days, DAY: change(usual())}}, LIMITS)
    assert found
    assert what in {one.what for one in found["status"]}


def test_usual_days_are_not_unusual() -> None:
    days = days_before(28 + 200)
    found = [day for day in days if unusual_columns(day, {"status": days}, LIMITS)]
    assert found == []


def test_a_bad_day_does_not_hide_the_next_one() -> None:
    days = days_before()
    yesterday = DAY - timedelta(days=1)
    days[yesterday] = with_nulls(days[yesterday], days[yesterday].rows)
    today = usual()
    assert unusual_columns(DAY, {"email": {**days, DAY: with_nulls(today, today.rows)}}, LIMITS)
    assert not unusual_columns(DAY, {"email": {**days, DAY: today}}, LIMITS)


def test_a_share_that_moves_every_day_must_move_further() -> None:
    restless = {day: with_nulls(now, now.rows * RANDOM.randrange(10, 90) // 100) for day, now in days_before().items()}
    today = with_nulls(replace(usual(), rows=100), 95)
    assert not unusual_columns(DAY, {"gclid": {**restless, DAY: today}}, LIMITS)


def test_values_that_come_and_go_are_no_fault() -> None:
    campaigns = {day: replace(now, values={f"week {day:%V}": now.filled}) for day, now in days_before().items()}
    today = usual()
    assert not unusual_columns(DAY, {"campaign": {**campaigns, DAY: replace(today, values={"new": 90})}}, LIMITS)


def test_rows_that_are_few_say_little() -> None:
    few = {day: ColumnProfile(rows=3, nulls=0) for day in days_before()}
    assert not unusual_columns(DAY, {"email": {**few, DAY: ColumnProfile(rows=2, nulls=1)}}, LIMITS)
    assert unusual_columns(DAY, {"email": {**few, DAY: ColumnProfile(rows=9, nulls=9)}}, LIMITS)


def test_a_short_past_decides_nothing() -> None:
    days = days_before(LIMITS.minimum_days - 1)
    assert unusual_columns(DAY, {"email": {**days, DAY: usual()}}, LIMITS) is None


def test_a_column_that_is_new_is_not_compared() -> None:
    days = days_before()
    profiles = {"email": {**days, DAY: usual()}, "coupon": {DAY: ColumnProfile(rows=100, nulls=100)}}
    assert unusual_columns(DAY, profiles, LIMITS) == {}


def test_black_friday_is_no_anomaly_and_no_past() -> None:
    table = QualityTable("bronze", "raw_data", "orders", {"discount": "STRING"}, "day", "daily")
    days = days_before()
    rush = replace(usual(), rows=1000, nulls=100, distinct=890, recent=750, values={"paid": 700, "open": 200})
    profiles = {"discount": {**days, DAY: rush}}
    (ordinary,) = compare(table, DAY, profiles, VolumeRules())
    assert ordinary.is_failed
    assert "discount on 2026-11-23: rows with 'paid' 77.8% (700 of 900), usually" in ordinary.message
    (special,) = compare(table, DAY, profiles, BLACK_FRIDAY)
    assert special.passed
    assert "Black Friday" in special.expected
    (broken,) = compare(table, DAY, {"discount": {**days, DAY: with_nulls(rush, 1000)}}, BLACK_FRIDAY)
    assert broken.is_failed, "a column that nobody fills is wrong on Black Friday too"
    # The weeks after it are compared with ordinary days.
    week = DAY + timedelta(days=7)
    later = {day: usual() for day in (DAY + timedelta(days=ahead) for ahead in range(1, 8))}
    kept = {"discount": {**days, DAY: with_nulls(rush, 1000), **later}}
    assert [result.passed for result in compare(table, week, kept, BLACK_FRIDAY)] == [True]
