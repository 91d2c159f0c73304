"""What changed: figures over weeks, and what parts did to them. Pure functions of answers of the metrics' queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from martech.dashboards.cube import Cube
from martech.dashboards.metrics import Metric
from martech.letters.contributions import ZERO, Amount, Part, parts_of_ratio, parts_of_sum, whole
from martech.letters.declared import LetterPlan, Told
from martech.letters.week import DAYS, Week
from martech.letters.wording import HALF_PERCENT

# Of fewer weeks the highest says little.
FEWEST_WEEKS = 5
WORSE, BETTER = "worse", "better"
ONE = Fraction(1)


@dataclass(frozen=True)
class Figure:
    """A metric over weeks.

    :param metric: what it is.
    :param weeks: its values, the letter's week last; None where gold has no whole week, or nothing to divide by.
    :param is_few: whether a percentage would be of too few.
    :param target: what it should be; None where there is no target, or one of a month.
    """

    metric: Metric
    weeks: tuple[float | None, ...]
    is_few: bool
    target: float | None = None

    @property
    def now(self) -> float | None:
        """Its value in the letter's week."""
        return self.weeks[-1]

    @property
    def before(self) -> float | None:
        """Its value in the week before."""
        return self.weeks[-2]

    @property
    def difference(self) -> float | None:
        """What it changed by; None where there is nothing to compare."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def share(self) -> float | None:
        """The same as a share of the week before; None where that would say nothing."""
        if self.difference is None or not self.before or self.before < 0 or self.is_few:
            return None
        return self.difference / self.before

    @property
    def mood(self) -> str:
        """Whether it got ``better`` or ``worse``; empty where neither, or by too little to see."""
        if not self.difference or self.metric.good not in ("up", "down"):
            return ""
        if self.share is not None and abs(self.share) < HALF_PERCENT:
            return ""
        return BETTER if (self.difference > 0) == (self.metric.good == "up") else WORSE

    @property
    def standing(self) -> str:
        """Whether it is the highest or lowest of the weeks; empty where it is neither."""
        known = [value for value in self.weeks if value is not None]
        others = known[:-1]
        if self.now is None or len(known) < FEWEST_WEEKS or self.is_few:
            return ""
        if self.now > max(others):
            return f"highest of {len(known)} weeks"
        return f"lowest of {len(known)} weeks" if self.now < min(others) else ""


@dataclass(frozen=True)
class Change:
    """What parts did to a metric.

    :param told: the declaration.
    :param metric: what it is.
    :param denominator: what stands below the line, of a ratio.
    :param before: the whole in the week before.
    :param after: the whole in the letter's week.
    :param parts: the parts that are named, the largest first; the last one may be all others together.
    :param others: how many parts the last one stands for; 0 where all are named.
    """

    told: Told
    metric: Metric
    denominator: Metric | None
    before: Amount
    after: Amount
    parts: tuple[Part, ...]
    others: int

    @property
    def difference(self) -> Fraction:
        """What the whole changed by: what the parts add up to."""
        return sum((part.effect for part in self.parts), ZERO)

    @property
    def largest(self) -> Fraction:
        """The largest effect, whatever its sign: the length of the longest bar."""
        return max((abs(part.effect) for part in self.parts), default=ZERO)


def _exact(value: Any) -> Fraction:
    """Return a figure of a cube as it is written there, not as the machine rounds it."""
    return Fraction(Decimal(str(value or 0)))


def _rows(cube: Cube, week: Week) -> Iterable[Mapping[str, Any]]:
    return (row for row in cube.rows if week.has(row["day"]))


def _sums(cube: Cube, week: Week, metric: str, told: Told) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = {}
    for row in _rows(cube, week):
        sums[row[told.by]] = sums.get(row[told.by], ZERO) + _exact(row[metric])
    return sums


def _amounts(cube: Cube, week: Week, metric: Metric, told: Told) -> dict[str, Amount]:
    above = _sums(cube, week, metric.numerator or metric.name, told)
    below = _sums(cube, week, metric.denominator or metric.name, told)
    return {name: Amount(above[name], below[name]) for name in above}


def figures_of(
    plan: LetterPlan, weeks: Sequence[Week], metrics: Mapping[str, Metric], cube: Cube, targets: Mapping[str, float]
) -> tuple[Figure, ...]:
    """Return the plan's figures.

    :param plan: what the letter says.
    :param weeks: the weeks, the letter's last.
    :param metrics: the metrics by name.
    :param cube: the answer of the plan's query, over all these weeks.
    :param targets: what a metric should be, by name; that of a sum is one of a month, and left out.
    """
    whole_weeks = {week: days_of(cube, week) == DAYS for week in weeks}
    figures = []
    for metric in (metrics[name] for name in plan.figures):
        names = [name for name in (metric.numerator, metric.denominator) if name] or [metric.name]
        totals = [[sum((_exact(row[name]) for row in _rows(cube, week)), ZERO) for name in names] for week in weeks]
        values = (
            Amount(*total).value if whole_weeks[week] else None for week, total in zip(weeks, totals, strict=True)
        )
        counted = [place for place, name in enumerate(names) if metrics[name].unit == "count"]
        least = min((total[place] for total in totals[-2:] for place in counted), default=None)
        figures.append(
            Figure(
                metric,
                tuple(None if value is None else float(value) for value in values),
                is_few=least is not None and least < plan.fewest,
                target=targets.get(metric.name) if metric.kind == "ratio" else None,
            )
        )
    return tuple(figures)


def days_of(cube: Cube, week: Week) -> int:
    """Return how many days of a week a cube has."""
    return len({row["day"] for row in _rows(cube, week)})


def change_of(told: Told, plan: LetterPlan, week: Week, metrics: Mapping[str, Metric], cube: Cube) -> Change | None:
    """Return what parts did to a metric; None where it did not change, or there is nothing to divide by.

    :param told: the metric, and by what it is cut.
    :param plan: what the letter says.
    :param week: the letter's week, which is compared with the one before.
    :param metrics: the metrics by name.
    :param cube: the answer of its query, over both weeks.
    """
    metric, earlier = metrics[told.metric], week.ago(1)
    if metric.kind == "ratio":
        before, after = (_amounts(cube, one, metric, told) for one in (earlier, week))
        if not whole(before).below or not whole(after).below:
            return None
        parts = parts_of_ratio(before, after)
        was, now = whole(before), whole(after)
    else:
        sums = [_sums(cube, one, metric.name, told) for one in (earlier, week)]
        parts = parts_of_sum(*sums)
        was, now = (Amount(sum(amounts.values(), ZERO)) for amounts in sums)
    if not any(part.effect for part in parts):
        return None
    named, rest = parts[: plan.parts], parts[plan.parts :]
    if len(rest) == 1:  # it needs no more room under its own name
        named, rest = parts, []
    denominator = metrics[metric.denominator] if metric.denominator else None
    together = [_together(rest, denominator is not None)] if rest else []
    return Change(told, metric, denominator, was, now, (*named, *together), len(rest))


def _together(parts: Sequence[Part], is_ratio: bool) -> Part:
    before, after = (
        Amount(
            sum((getattr(part, when).above for part in parts), ZERO),
            sum((getattr(part, when).below for part in parts), ZERO) if is_ratio else ONE,
        )
        for when in ("before", "after")
    )
    rate, mix = sum((part.rate for part in parts), ZERO), sum((part.mix for part in parts), ZERO)
    return Part(f"{len(parts)} others", before, after, rate, mix)
