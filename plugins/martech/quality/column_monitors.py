"""What is unusual about a column on a day, compared with the days before. Nothing here talks to the warehouse.

A source that stops filling a field, a unit that changes or a text that is cut off shows in how a column is filled, in
its values, their lengths or their times. Each is compared with the column's own days, by how much these differ among
themselves: a share that moves every day must move further before it is unusual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import log
from statistics import median

from martech.quality.column_profiles import ColumnProfile, Profiles

# Of the days before, so many odd ones do not count: a bad day must not hide the next one.
ODD_DAYS = 2
# A value that is hardly ever there comes in bursts: it must take a quarter of the rows to be unusual.
RARE_SHARE = 0.02
RARE_BURST = 0.25
# The first sync of a table is no hundred days.
HEAVIEST_DAY = 3.0
# Lengths and amounts that hardly ever differ may still move by a hundredth.
LEAST_RELATIVE_SIGMA = 0.01
LEAST_SIZE = 0.1
# The mean of fewer rows is not compared.
LEAST_SIZES = 5


@dataclass(frozen=True)
class MonitorLimits:
    """What counts as unusual.

    :param days: so many days before are compared with.
    :param minimum_days: with fewer of them that have rows nothing is decided.
    :param surprise: how many times less likely than usual a day must be (twice the logarithm of the likelihood ratio,
        over how much the days differ more than chance); a size must be so many variances away.
    :param share: a share must have moved at least so far (0–1).
    :param size: a mean length, or a mean amount, must have moved at least so far, as a share of itself (0–1).
    """

    days: int = 28
    minimum_days: int = 14
    surprise: float = 30.0
    share: float = 0.08
    size: float = 0.05

    def widened(self) -> MonitorLimits:
        """Return the limits of a day of the calendar, on which everything moves: five times as wide."""
        return replace(self, share=5 * self.share, size=5 * self.size)


@dataclass(frozen=True)
class Unusual:
    """Something unusual of a column.

    :param what: what it is, such as ``nulls``; for texts.
    :param usual: what is usual, in words.
    :param seen: what was seen, in words.
    :param value: what was seen, as a number.
    :param expected: what is usual, as a number.
    """

    what: str
    usual: str
    seen: str
    value: float
    expected: float


# Rows with a property, and rows, of a day.
Counts = tuple[int, int]


def unusual_columns(day: date, profiles: Profiles, limits: MonitorLimits) -> dict[str, list[Unusual]] | None:
    """Return what is unusual of a day by column; None where too little is known of any.

    :param day: the day.
    :param profiles: profiles by column and day, those of days of the calendar left out but for ``day``.
    :param limits: what counts as unusual.
    """
    found: dict[str, list[Unusual]] = {}
    is_known = False
    for column, days in profiles.items():
        past = {
            known: days[known] for known in sorted(days) if timedelta() < day - known <= timedelta(days=limits.days)
        }
        if day in days and len(past) >= limits.minimum_days:
            is_known = True
            if unusual := list(_of_column(days[day], list(past.values()), limits)):
                found[column] = unusual
    return found if is_known else None


def _of_column(now: ColumnProfile, before: Sequence[ColumnProfile], limits: MonitorLimits) -> Iterator[Unusual]:
    yield from _share("nulls", (now.nulls, now.rows), [(old.nulls, old.rows) for old in before], limits)
    if now.zeros is not None:
        zeros = [(old.zeros, old.filled) for old in before if old.zeros is not None]
        yield from _share("zeros, blanks or false", (now.zeros, now.filled), zeros, limits)
    if now.distinct is not None:
        repeated = [(old.filled - old.distinct, old.filled) for old in before if old.distinct is not None]
        # Counted about: more values than rows are none repeated.
        yield from _share(
            "repeated values",
            (max(0, now.filled - now.distinct), now.filled),
            [(max(0, count), rows) for count, rows in repeated],
            limits,
        )
    if now.recent is not None:
        # The newest time alone would be odd on each day on which nobody is new.
        recent = [(old.recent, old.filled) for old in before if old.recent is not None]
        yield from _share("times of these two days", (now.recent, now.filled), recent, limits)
    yield from _values(now, before, limits)
    yield from _size(now, before, limits)


def _share(what: str, now: Counts, before: Sequence[Counts], limits: MonitorLimits) -> Iterator[Unusual]:
    """Compare a share with that of the days before, by how much it differs from day to day."""
    past = [(count, rows) for count, rows in before if rows]
    count, rows = now
    if not rows or len(past) < limits.minimum_days:
        return
    # Most columns are as they were: without the oddest days the share is not much another one.
    if abs(count / rows - _smoothed(past)) < limits.share / 2:
        return
    usual, spread = _usual_share(past)
    if abs(count / rows - usual) >= limits.share and _surprise(count, rows, usual) > limits.surprise * spread:
        yield Unusual(what, f"{usual:.1%}", f"{count / rows:.1%} ({count} of {rows})", count / rows, usual)


def _usual_share(past: Sequence[Counts]) -> tuple[float, float]:
    """Return a share and how many times more than by chance it varies (at least 1), without the oddest days."""
    heaviest = HEAVIEST_DAY * median(rows for _, rows in past)
    days = [(count * min(1.0, heaviest / rows), min(float(rows), heaviest)) for count, rows in past]
    overall = _smoothed(days)
    days.sort(key=lambda day: _deviation(day, overall))
    days = days[:-ODD_DAYS]
    share = _smoothed(days)
    return share, max(1.0, sum(_deviation(day, share) for day in days) / (len(days) - 1))


def _smoothed(days: Sequence[tuple[float, float]] | Sequence[Counts]) -> float:
    """Return the share of all days; what has never been seen is not impossible."""
    return (sum(count for count, _ in days) + 0.5) / (sum(rows for _, rows in days) + 1)


def _deviation(day: tuple[float, float], share: float) -> float:
    """Return Pearson's statistic of a day."""
    count, rows = day
    return (count - rows * share) ** 2 / (rows * share * (1 - share))


def _surprise(count: int, rows: int, share: float) -> float:
    """Return twice the logarithm of how much likelier the day's own share makes it than the usual one."""
    terms = ((count, rows * share), (rows - count, rows * (1 - share)))
    return 2 * sum(seen * log(seen / expected) for seen, expected in terms if seen)


def _values(now: ColumnProfile, before: Sequence[ColumnProfile], limits: MonitorLimits) -> Iterator[Unusual]:
    """Compare the share of each frequent value, where values do not come and go as those of campaigns do."""
    past = [old for old in before if old.values]
    if not now.values or len(past) < limits.minimum_days or not _is_settled(past):
        return
    moved = [
        unusual
        for value in sorted({*now.values, *(value for old in past for value in old.values)})
        for unusual in _share(
            f"rows with {value!r}",
            (now.values.get(value, 0), now.filled),
            [(old.values.get(value, 0), old.filled) for old in past],
            limits,
        )
    ]
    moved = [unusual for unusual in moved if unusual.expected >= RARE_SHARE or unusual.value >= RARE_BURST]
    # One value that grows makes others smaller.
    yield from sorted(moved, key=lambda unusual: -abs(unusual.value - unusual.expected))[:1]


def _is_settled(past: Sequence[ColumnProfile]) -> bool:
    """Return whether no value came in the later half of the days."""
    half = len(past) // 2
    early = {value for old in past[:half] for value in old.values}
    return all(value in early for old in past[half:] for value in old.values)


def _size(now: ColumnProfile, before: Sequence[ColumnProfile], limits: MonitorLimits) -> Iterator[Unusual]:
    """Compare a mean length or amount with that of the days before, by its spread within days and between them."""
    past = [size for old in before if (size := _size_of(old))]
    today = _size_of(now)
    if not today or today.rows < LEAST_SIZES or len(past) < limits.minimum_days:
        return
    usual, variance, spread = _usual_size(past)
    # What only some rows have moves a mean of few rows: then these differ among themselves.
    variance = max(variance, today.deviation**2, (LEAST_RELATIVE_SIGMA * max(abs(usual), LEAST_SIZE)) ** 2)
    distance = abs(today.mean - usual)
    if (
        distance > limits.size * max(abs(usual), LEAST_SIZE)
        and today.surprise(usual, variance) > limits.surprise * spread
    ):
        what = "a mean length (text) or logarithm (numbers)"
        yield Unusual(what, f"{usual:.3g}", f"{today.mean:.3g}", today.mean, usual)


@dataclass(frozen=True)
class _Size:
    """Mean and standard deviation of lengths or logarithms within a day, and of how many rows they are."""

    mean: float
    deviation: float
    rows: float

    def surprise(self, usual: float, variance: float) -> float:
        """Return how many variances of a mean of so many rows it is away from the usual one."""
        return self.rows * (self.mean - usual) ** 2 / variance


def _size_of(profile: ColumnProfile) -> _Size | None:
    if profile.size is None or profile.deviation is None:
        return None
    return _Size(profile.size, profile.deviation, profile.filled - (profile.zeros or 0))


def _usual_size(past: Sequence[_Size]) -> tuple[float, float, float]:
    """Return mean, variance of a row, and how many times more than that the days vary, without the oddest days."""
    heaviest = HEAVIEST_DAY * median(size.rows for size in past)
    days = [_Size(size.mean, size.deviation, min(size.rows, heaviest)) for size in past]
    middle = median(size.mean for size in days)
    days.sort(key=lambda size: size.rows * (size.mean - middle) ** 2)
    days = days[:-ODD_DAYS]
    rows = sum(size.rows for size in days)
    usual = sum(size.mean * size.rows for size in days) / rows
    variance = sum((size.deviation**2 + (size.mean - usual) ** 2) * size.rows for size in days) / rows
    if not variance:
        return usual, 0.0, 1.0
    return usual, variance, max(1.0, sum(size.surprise(usual, variance) for size in days) / (len(days) - 1))
