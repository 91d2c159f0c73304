from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from martech.costs.anomaly import Anomaly, find_anomaly

MONDAY = date(2026, 11, 23)
ONE = Decimal(1)


def history(today: str, *before: str, step: int = 1, start: int = 1) -> dict[date, Decimal]:
    """Cost of MONDAY, and of days before it, newest first."""
    past = {MONDAY - timedelta(days=start + step * n): Decimal(cost) for n, cost in enumerate(before)}
    return {MONDAY: Decimal(today), **past}


def anomaly_of(costs: dict[date, Decimal], minimum: Decimal = Decimal(0)) -> Anomaly | None:
    return find_anomaly("build_gold", MONDAY, costs, minimum)


def test_judged_by_the_same_weekday_where_four_are_known() -> None:
    # Median 10, MAD of (10, 12, 8, 10) is 1: the limit is 10 + 4 × 1.4826.
    costs = history("15.9304", "10", "12", "8", "10", step=7, start=7)
    assert anomaly_of(costs) is None
    costs[MONDAY] = Decimal("15.9305")
    assert anomaly_of(costs) == Anomaly(
        "build_gold", MONDAY, Decimal("15.9305"), Decimal(10), Decimal("15.9304"), "4 Mondays before"
    )


def test_other_weekdays_do_not_count_once_there_are_four_of_the_same() -> None:
    costs = history("20", "10", "10", "10", "10", step=7, start=7)
    costs |= {MONDAY - timedelta(days=n): Decimal(500) for n in range(1, 7)}
    assert anomaly_of(costs).basis == "4 Mondays before"


def test_judged_by_trailing_days_while_weekdays_are_few() -> None:
    found = anomaly_of(history("9", *["2"] * 7))
    assert (found.usual, found.limit, found.basis) == (2, 3, "7 of the 28 days before")


def test_without_history_nothing_is_judged() -> None:
    assert anomaly_of(history("1000", *["2"] * 6)) is None
    assert anomaly_of({}) is None


def test_days_older_than_the_trailing_ones_are_no_history() -> None:
    assert anomaly_of(history("1000", *["2"] * 9, start=29)) is None


@pytest.mark.parametrize(("cost", "is_found"), [("3.00", False), ("3.01", True)])
def test_costs_that_never_change_may_rise_by_half(cost: str, is_found: bool) -> None:
    assert bool(anomaly_of(history(cost, *["2"] * 28))) is is_found


@pytest.mark.parametrize(("cost", "is_found"), [("1.10", False), ("1.11", True)])
def test_a_rise_of_less_than_the_minimum_is_no_anomaly(cost: str, is_found: bool) -> None:
    assert bool(anomaly_of(history(cost, *["0.10"] * 28), minimum=ONE)) is is_found


def test_first_spending_after_weeks_of_none_is_found() -> None:
    assert anomaly_of(history("2", *["0"] * 28), minimum=ONE).limit == 1


def test_a_day_without_spending_is_never_an_anomaly() -> None:
    assert anomaly_of(history("0", *["0"] * 28)) is None
    costs = history("0", *["5"] * 28)
    del costs[MONDAY]
    assert anomaly_of(costs) is None


def test_one_bad_day_in_the_history_hides_nothing() -> None:
    assert anomaly_of(history("40", "900", *["10"] * 27)).usual == 10
