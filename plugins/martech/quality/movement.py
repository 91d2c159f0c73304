"""How far a table has moved since a run that was let through. Nothing here talks to the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

ROWS = "rows"
TOTAL = "total of"
SHARE = "share of"


@dataclass(frozen=True)
class Limits:
    """How far is still plausible.

    :param minimum_rows: a table that had fewer rows is not compared.
    :param rows: largest change of the rows, as a share of what they were.
    :param total: largest change of a column's sum, as a share of what it was.
    :param share: largest change of a value's share of the rows.
    :param declared_in: where to change them, for messages.
    """

    minimum_rows: int
    rows: float
    total: float
    share: float
    declared_in: str


@dataclass(frozen=True)
class MeasuredTable:
    """A table that activation sends, and what of it is compared.

    :param layer: its layer.
    :param name: its name.
    :param shares: columns whose values' shares are compared.
    :param totals: columns whose sums are compared.
    """

    layer: str
    name: str
    shares: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Movement:
    """One figure that moved too far.

    :param measure: which.
    :param before: what it was in the last run that was let through.
    :param now: what it is.
    :param allowed: how far it may move, as a share.
    """

    measure: str
    before: float
    now: float
    allowed: float

    @property
    def text(self) -> str:
        """What moved, in words."""
        if self.measure.startswith(SHARE):
            return f"{self.measure} {self.before:.1%} → {self.now:.1%} (at most {self.allowed:.0%} of the rows)"
        return f"{self.measure} {self.before:,.10g} → {self.now:,.10g} (at most {self.allowed:.0%})"


def movements(before: Mapping[str, float], now: Mapping[str, float], limits: Limits) -> Iterator[Movement]:
    """Yield the figures that moved further than is plausible, in order.

    :param before: figures by measure of the last run that was let through; empty where there is none.
    :param now: the same of this run.
    :param limits: how far is plausible.
    """
    if before.get(ROWS, 0) < limits.minimum_rows:
        return
    for measure in sorted(before.keys() | now.keys()):
        # A value that no row has had, or has any more; what is newly compared has no past.
        if measure.startswith(SHARE):
            allowed, was = limits.share, before.get(measure, 0.0)
        elif measure in before:
            allowed, was = limits.rows if measure == ROWS else limits.total, before[measure]
        else:
            continue
        found = now.get(measure, 0.0)
        scale = 1.0 if measure.startswith(SHARE) else abs(was)
        if abs(found - was) > allowed * scale:
            yield Movement(measure, was, found, allowed)
