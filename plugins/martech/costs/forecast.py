"""What the month will have cost at its end."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

TRAILING_DAYS = 28
# A weekday has a mean of its own from so many of them on.
MINIMUM_WEEKDAYS = 2
MINIMUM_DAYS = 7


@dataclass(frozen=True)
class Forecast:
    """The month of a day.

    :param month: its first day.
    :param to_date: US dollars measured so far.
    :param total: US dollars at its end.
    :param days_known: days of the trailing four weeks that the forecast rests on.
    """

    month: date
    to_date: Decimal
    total: Decimal
    days_known: int

    @property
    def is_sound(self) -> bool:
        """Whether there is enough history to act on it."""
        return self.days_known >= MINIMUM_DAYS


def _mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values) if values else Decimal(0)


def forecast_month(daily: Mapping[date, Decimal], last_day: date) -> Forecast:
    """Return month to date plus, for every other day of the month, the mean of the trailing four weeks.

    A day is expected to cost what its weekday costs. Days before ``last_day`` that were not measured are expected
    to have cost that too: missing is not free.

    :param daily: US dollars by day that was measured.
    :param last_day: newest day to count.
    """
    trailing = {day: cost for day, cost in daily.items() if last_day - timedelta(days=TRAILING_DAYS) < day <= last_day}

    def expected(day: date) -> Decimal:
        same = [cost for past, cost in trailing.items() if past.weekday() == day.weekday()]
        return _mean(same if len(same) >= MINIMUM_WEEKDAYS else list(trailing.values()))

    first = last_day.replace(day=1)
    month = [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]
    measured = {day: daily[day] for day in month if day <= last_day and day in daily}
    to_date = sum(measured.values(), Decimal(0))
    rest = sum((expected(day) for day in month if day not in measured), Decimal(0))
    return Forecast(first, to_date, to_date + rest, len(trailing))
