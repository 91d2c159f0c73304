"""How many rows a raw table's day usually has: by weekday, season, and a calendar of days that differ every year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from dateutil.easter import easter  # type: ignore[import-untyped]  # no stubs in the constraints

WEEKS = 8
TRAILING_DAYS = 7 * WEEKS
MINIMUM_WEEKS = 3
MINIMUM_HISTORY_DAYS = 7
LEVEL_DAYS = 7
MINIMUM_LEVEL_DAYS = 4
# The season moves a level slowly; a larger step is what the check is there to find.
LEVEL_LIMITS = (0.5, 2.0)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Occasion:
    """Days of every year on which volumes differ, such as a holiday.

    Exactly one of ``day``, ``weekday`` and ``easter`` says when it begins.

    :param name: how messages call it.
    :param factor: what the least and the most normal rows are multiplied with.
    :param days: how many days it lasts.
    :param month: month (1–12) of ``day`` or ``weekday``.
    :param day: day of the month.
    :param weekday: name of a weekday, with ``nth`` for which one of the month.
    :param nth: 1 for the first such weekday of the month.
    :param plus: days from that weekday to the first day.
    :param easter: days from Easter Sunday to the first day; negative before it.
    """

    name: str
    factor: tuple[float, float]
    days: int = 1
    month: int = 1
    day: int | None = None
    weekday: str | None = None
    nth: int = 1
    plus: int = 0
    easter: int | None = None

    def begins(self, year: int) -> date:
        """Return its first day in a year.

        :param year: calendar year.
        """
        if self.easter is not None:
            sunday: date = easter(year)
            return sunday + timedelta(days=self.easter)
        if self.weekday is not None:
            first = date(year, self.month, 1)
            ahead = (WEEKDAYS.index(self.weekday) - first.weekday()) % 7
            return first + timedelta(days=ahead + 7 * (self.nth - 1) + self.plus)
        return date(year, self.month, self.day or 1)

    def includes(self, day: date) -> bool:
        """Return whether a day belongs to it, also where it began in the year before.

        :param day: any day.
        """
        return any(
            timedelta() <= day - self.begins(year) < timedelta(days=self.days) for year in (day.year, day.year - 1)
        )


@dataclass(frozen=True)
class VolumeRules:
    """When a volume stops the chain, and on which days it differs.

    :param near_zero: fewer rows than this share of what is usual stop the chain.
    :param copies: a larger share of rows that are copies of others stops it: the day has landed twice.
    :param calendar: days that differ.
    """

    near_zero: float = 0.01
    copies: float = 0.3
    calendar: Sequence[Occasion] = ()

    def occasion(self, day: date) -> Occasion | None:
        """Return what is special about a day; None on ordinary days.

        :param day: any day.
        """
        return next((occasion for occasion in self.calendar if occasion.includes(day)), None)


@dataclass(frozen=True)
class Usual:
    """What a day usually has.

    :param rows: expected rows.
    :param basis: what that is made of, for messages.
    :param occasion: what is special about the day; None on ordinary days.
    """

    rows: float
    basis: str
    occasion: Occasion | None = None

    def band(self, shares: tuple[float, float]) -> tuple[float, float]:
        """Return the least and most rows that are normal.

        :param shares: both as shares of the expected rows, on an ordinary day.
        """
        low, high = self.occasion.factor if self.occasion else (1.0, 1.0)
        return shares[0] * self.rows * low, shares[1] * self.rows * high


def usual_volume(day: date, history: Mapping[date, int], rules: VolumeRules) -> Usual | None:
    """Return what a day usually has; None where too little is known.

    It is the median of the same weekday of the weeks before, times the level of the last week (the season). Until
    there are enough weeks it is the median of the days before. Medians, so that a bad day or an initial sync of the
    past moves nothing; days of the calendar and days without rows are left out.

    :param day: the day that is to be checked.
    :param history: rows by day; only days before ``day`` count.
    :param rules: names the days that differ.
    """
    earliest = day - timedelta(days=TRAILING_DAYS)
    past = {
        known: rows
        for known, rows in history.items()
        if earliest <= known < day and rows > 0 and not rules.occasion(known)
    }
    weeks = _same_weekday(day, past)
    if len(weeks) >= MINIMUM_WEEKS:
        level = _level(day, past)
        return Usual(
            median(weeks) * level,
            f"the median of {len(weeks)} {day:%A}s, level of the last week {level:.2f}",
            rules.occasion(day),
        )
    if len(past) >= MINIMUM_HISTORY_DAYS:
        return Usual(median(past.values()), f"the median of {len(past)} days", rules.occasion(day))
    return None


def _same_weekday(day: date, past: Mapping[date, int]) -> list[int]:
    return [rows for known, rows in past.items() if known != day and known.weekday() == day.weekday()]


def _level(day: date, past: Mapping[date, int]) -> float:
    """Return how the last week compares with the same weekdays of the others."""
    ratios = []
    for known in (day - timedelta(days=ago) for ago in range(1, LEVEL_DAYS + 1)):
        others = _same_weekday(known, past)
        if known in past and len(others) >= MINIMUM_WEEKS - 1:
            ratios.append(past[known] / median(others))
    if len(ratios) < MINIMUM_LEVEL_DAYS:
        return 1.0
    low, high = LEVEL_LIMITS
    return min(max(median(ratios), low), high)
