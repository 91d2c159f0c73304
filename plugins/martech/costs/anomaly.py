"""Compare what a spender (a DAG, storage, people) cost on a day with what it cost before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

# Weekdays differ, so a day is compared with the same weekdays before it; while there are few, by the trailing days.
WEEKS, MINIMUM_WEEKS = 8, 4
DAYS, MINIMUM_DAYS = 28, 7
# So many robust standard deviations (1.4826 × MAD) above the median; never less than half of the median more.
DEVIATIONS = Decimal(4)
MAD_TO_DEVIATION = Decimal("1.4826")
LEAST_RISE = Decimal("0.5")


@dataclass(frozen=True)
class Anomaly:
    """A day that cost more than it should.

    :param spender: DAG id, or a name in parentheses for what no DAG pays for.
    :param day: the day.
    :param cost: what it cost, US dollars.
    :param usual: median of the days it is compared with.
    :param limit: from where on a day is an anomaly.
    :param basis: which days it is compared with, in words.
    """

    spender: str
    day: date
    cost: Decimal
    usual: Decimal
    limit: Decimal
    basis: str


def _basis(day: date, history: Mapping[date, Decimal]) -> tuple[list[Decimal], str] | None:
    weekdays = [day - timedelta(weeks=n) for n in range(1, WEEKS + 1)]
    values = [history[past] for past in weekdays if past in history]
    if len(values) >= MINIMUM_WEEKS:
        return values, f"{len(values)} {day:%A}s"
    trailing = [day - timedelta(days=n) for n in range(1, DAYS + 1)]
    values = [history[past] for past in trailing if past in history]
    return (values, f"{len(values)} of the {DAYS} days") if len(values) >= MINIMUM_DAYS else None


def find_anomaly(spender: str, day: date, history: Mapping[date, Decimal], minimum_usd: Decimal) -> Anomaly | None:
    """Return the anomaly of a day, or None where it cost no more than usual or there is too little history.

    :param spender: whose costs they are.
    :param day: day to check.
    :param history: cost by day, with ``day`` itself; days on which nothing was spent are left out.
    :param minimum_usd: a rise of less is never an anomaly.
    """
    basis = _basis(day, history)
    cost = history.get(day, Decimal(0))
    if basis is None:
        return None
    values, words = basis
    usual = median(values)
    deviation = MAD_TO_DEVIATION * median(abs(value - usual) for value in values)
    limit = usual + max(DEVIATIONS * deviation, LEAST_RISE * usual, minimum_usd)
    return Anomaly(spender, day, cost, usual, limit, f"{words} before") if cost > limit else None
