"""Which parts changed a figure, and by how much: contributions that add up to the change, exactly.

Of a sum the contribution of a part is its own change. Of a ratio R = N ÷ D it is (Δn − R̄ Δd) ÷ D̄, where a bar is the
mean of both periods: N′ − N = R̄ ΔD + D̄ ΔR, so these add up to ΔR. It has two effects, by the same identity for the part
alone (Δn = r̄ Δd + d̄ Δr): its own ratio changed (rate: d̄ Δr ÷ D̄), and its share of the denominator did (mix:
(r̄ − R̄) Δd ÷ D̄). This is the symmetric decomposition of T. L. Bennet (The theory of measurement of changes in cost of
living, Journal of the Royal Statistical Society 83, 1920): no part is left over, and neither period is the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

ZERO = Fraction(0)


@dataclass(frozen=True)
class Amount:
    """What a part has in a period.

    :param above: its sum, or what stands above the line of a ratio.
    :param below: what stands below the line; 1 for a sum.
    """

    above: Fraction = ZERO
    below: Fraction = Fraction(1)

    @property
    def value(self) -> Fraction | None:
        """The figure; None where nothing stands below the line."""
        return self.above / self.below if self.below else None


@dataclass(frozen=True)
class Part:
    """What a part did to the whole.

    :param name: the part, such as a channel.
    :param before: what it had.
    :param after: what it has.
    :param rate: change of the whole because the part's own figure changed.
    :param mix: change of the whole because the part's weight in it changed; 0 for a sum.
    """

    name: str
    before: Amount
    after: Amount
    rate: Fraction
    mix: Fraction = ZERO

    @property
    def effect(self) -> Fraction:
        """All that it changed."""
        return self.rate + self.mix


def parts_of_sum(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> list[Part]:
    """Return the parts of a sum's change, the largest first; they add up to it.

    :param before: amount by part; one that is missing has nothing.
    :param after: the same of the later period.
    """
    parts = []
    for name in before.keys() | after.keys():
        was, now = before.get(name, ZERO), after.get(name, ZERO)
        parts.append(Part(name, Amount(was), Amount(now), now - was))
    return _largest_first(parts)


def parts_of_ratio(before: Mapping[str, Amount], after: Mapping[str, Amount]) -> list[Part]:
    """Return the parts of a ratio's change, the largest first; they add up to it.

    Of a part that has nothing below the line in one of the periods, such as a channel that costs nothing, no ratio can
    be compared: all that it did is mix.

    :param before: what stands above and below the line, by part; one that is missing has nothing.
    :param after: the same of the later period.
    :raises ZeroDivisionError: where the whole has nothing below the line in a period.
    """
    nothing = Amount(ZERO, ZERO)
    whole_before, whole_after = whole(before), whole(after)
    mean_ratio = (whole_before.above / whole_before.below + whole_after.above / whole_after.below) / 2
    mean_below = (whole_before.below + whole_after.below) / 2
    parts = []
    for name in before.keys() | after.keys():
        was, now = before.get(name, nothing), after.get(name, nothing)
        effect = (now.above - was.above - mean_ratio * (now.below - was.below)) / mean_below
        rate = ZERO
        if was.value is not None and now.value is not None:
            rate = (was.below + now.below) / 2 * (now.value - was.value) / mean_below
        parts.append(Part(name, was, now, rate, effect - rate))
    return _largest_first(parts)


def whole(amounts: Mapping[str, Amount]) -> Amount:
    """Return what all parts have together.

    :param amounts: what stands above and below the line, by part.
    """
    return Amount(sum((a.above for a in amounts.values()), ZERO), sum((a.below for a in amounts.values()), ZERO))


def _largest_first(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-abs(part.effect), part.name))
