from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from martech.costs.forecast import Forecast, forecast_month


def spend(first: date, last: date, cost: int = 1, weekend: int | None = None) -> dict[date, Decimal]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {day: Decimal(weekend if weekend is not None and day.weekday() > 4 else cost) for day in days}


def test_month_to_date_plus_the_mean_of_the_days_left() -> None:
    daily = spend(date(2026, 10, 20), date(2026, 11, 20), 3)
    assert forecast_month(daily, date(2026, 11, 20)) == Forecast(date(2026, 11, 1), Decimal(60), Decimal(90), 28)


def test_weekends_are_expected_to_cost_what_weekends_cost() -> None:
    # November 2026 has 9 days of weekends and 21 others; four weeks are known.
    daily = spend(date(2026, 10, 24), date(2026, 11, 20), 10, weekend=1)
    assert forecast_month(daily, date(2026, 11, 20)).total == 21 * 10 + 9 * 1


def test_a_weekday_that_is_known_once_costs_what_a_day_costs() -> None:
    # Eight days end on Friday the 20th: two Fridays of 8, and 1 on every other weekday. The mean of all is 22 / 8.
    daily = spend(date(2026, 11, 13), date(2026, 11, 20), 1)
    daily |= {date(2026, 11, 13): Decimal(8), date(2026, 11, 20): Decimal(8)}
    mean = Decimal(22) / 8
    # Of the month 12 days before and 10 after are not known: of them the 6th and the 27th are Fridays.
    assert forecast_month(daily, date(2026, 11, 20)).total == 22 + 2 * 8 + 20 * mean


def test_last_day_of_the_month_leaves_nothing_to_expect() -> None:
    found = forecast_month(spend(date(2026, 11, 1), date(2026, 11, 30), 2), date(2026, 11, 30))
    assert (found.to_date, found.total) == (60, 60)


@pytest.mark.parametrize(("day", "days"), [((2026, 2, 1), 28), ((2028, 2, 1), 29), ((2026, 12, 1), 31)])
def test_first_day_of_the_month_rests_on_the_month_before(day: tuple[int, int, int], days: int) -> None:
    first = date(*day)
    found = forecast_month(spend(first - timedelta(days=27), first, 2), first)
    assert (found.month, found.to_date, found.total) == (first, 2, 2 * days)


def test_days_that_were_not_measured_are_not_free() -> None:
    daily = spend(date(2026, 11, 11), date(2026, 11, 20), 4)
    found = forecast_month(daily, date(2026, 11, 20))
    assert (found.to_date, found.total, found.days_known) == (40, 120, 10)


def test_days_older_than_four_weeks_and_days_to_come_do_not_count() -> None:
    daily = spend(date(2026, 11, 1), date(2026, 11, 10), 1) | {date(2026, 10, 13): Decimal(999)}
    daily[date(2026, 11, 11)] = Decimal(999)
    assert forecast_month(daily, date(2026, 11, 10)) == Forecast(date(2026, 11, 1), Decimal(10), Decimal(30), 10)


def test_nothing_known_is_nothing_expected_and_not_sound() -> None:
    found = forecast_month({}, date(2026, 11, 10))
    assert (found.to_date, found.total, found.is_sound) == (0, 0, False)


@pytest.mark.parametrize(("days", "is_sound"), [(6, False), (7, True)])
def test_a_week_of_history_makes_it_sound(days: int, is_sound: bool) -> None:
    last = date(2026, 11, 20)
    assert forecast_month(spend(last - timedelta(days=days - 1), last), last).is_sound is is_sound


def test_zero_spend_is_history_too() -> None:
    found = forecast_month(spend(date(2026, 11, 1), date(2026, 11, 20), 0), date(2026, 11, 20))
    assert (found.total, found.is_sound) == (0, True)
