"""How many rows a day should have: what the same weekday had in the weeks before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median

# Makes the median absolute deviation of a normal distribution equal to its standard deviation.
MAD_TO_SIGMA = 1.4826
# Weeks that were all alike don't make the next one an anomaly.
LEAST_RELATIVE_SIGMA = 0.05


@dataclass(frozen=True)
class Baseline:
    """What is usual on a weekday.

    :param weeks: so many earlier weeks it is made of.
    :param expected: their median, in rows.
    :param low: least rows that are normal.
    :param high: most rows that are normal.
    """

    weeks: int
    expected: float
    low: float
    high: float


def seasonal_baseline(
    day: date, history: Mapping[date, int], *, weeks: int, minimum_weeks: int, deviations: float
) -> Baseline | None:
    """Return what is usual on the weekday of ``day``, or None where too little is known.

    The median and the median absolute deviation (MAD) are used, so that one bad day of the past moves nothing. The
    deviation is at least that of counting itself (Poisson, of at least one row) and 5 % of the median.

    :param day: the day to be checked; it doesn't count itself.
    :param history: rows by day; days without rows in it have none.
    :param weeks: how many weeks to look back.
    :param minimum_weeks: so many of them must have rows.
    :param deviations: half the width of the band, in standard deviations.
    """
    earlier = [day - timedelta(weeks=ago) for ago in range(1, weeks + 1)]
    known_since = min((past for past, rows in history.items() if rows), default=day)
    # A day without rows is a fact once the table had any; before that it says nothing.
    counts = [history.get(past, 0) for past in earlier if past >= known_since]
    if sum(count > 0 for count in counts) < minimum_weeks:
        return None
    middle = median(counts)
    mad = median(abs(count - middle) for count in counts)
    sigma = max(MAD_TO_SIGMA * mad, sqrt(max(middle, 1)), LEAST_RELATIVE_SIGMA * middle)
    reach = deviations * sigma
    return Baseline(len(counts), middle, max(0.0, middle - reach), middle + reach)
