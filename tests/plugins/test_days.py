from __future__ import annotations

from datetime import date

import pytest
from martech.warehouse.days import parse_days

FIRST, SECOND = date(2026, 11, 21), date(2026, 11, 22)


@pytest.mark.parametrize(
    "days",
    [
        "2026-11-22,2026-11-21",
        "['2026-11-21', '2026-11-22']",
        '["2026-11-21", "2026-11-22"]',
        ["2026-11-22", "2026-11-21", "2026-11-21"],
        [SECOND, FIRST],
    ],
)
def test_days_come_in_many_spellings(days: object) -> None:
    assert parse_days(days) == [FIRST, SECOND]


@pytest.mark.parametrize("days", ["", [], "[]"])
def test_no_day_is_an_error(days: object) -> None:
    with pytest.raises(ValueError, match="names no day"):
        parse_days(days)


@pytest.mark.parametrize("days", ["22.11.2026", ["2026-13-01"], [20261122]])
def test_wrong_day_names_the_spelling(days: object) -> None:
    with pytest.raises(ValueError, match="write them as YYYY-MM-DD"):
        parse_days(days)
