"""What parts did to a figure adds up to its change, whatever the figures are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from martech.letters.contributions import Amount, parts_of_ratio, parts_of_sum, whole

NAMES = st.sampled_from(["Email", "Direct", "Paid Search", "Paid Social", "all others"])
# Money of both signs: a credit can be larger than what was sold.
MONEY = st.decimals(-(10**9), 10**9, places=6, allow_nan=False, allow_infinity=False).map(Fraction)
BELOW = st.one_of(st.just(Fraction(0)), st.decimals(0, 10**9, places=6).map(Fraction))
WEEKS = st.dictionaries(NAMES, st.builds(Amount, MONEY, BELOW), min_size=1)
# Of the six largest departments of the University of California, Berkeley, in 1973: admitted and applied, men and women
# (P. J. Bickel, E. A. Hammel, J. W. O'Connell: Sex Bias in Graduate Admissions, Science 187, 1975; R's UCBAdmissions).
MEN = {"A": (512, 825), "B": (353, 560), "C": (120, 325), "D": (138, 417), "E": (53, 191), "F": (22, 373)}
WOMEN = {"A": (89, 108), "B": (17, 25), "C": (202, 593), "D": (131, 375), "E": (94, 393), "F": (24, 341)}


def amounts(counts: dict[str, tuple[int, int]]) -> dict[str, Amount]:
    return {name: Amount(Fraction(above), Fraction(below)) for name, (above, below) in counts.items()}


@given(before=st.dictionaries(NAMES, MONEY), after=st.dictionaries(NAMES, MONEY))
def test_parts_of_a_sum_add_up_to_its_change(before, after):
    parts = parts_of_sum(before, after)
    assert sum(part.effect for part in parts) == sum(after.values()) - sum(before.values())
    assert {part.name for part in parts} == before.keys() | after.keys()
    assert [abs(part.effect) for part in parts] == sorted((abs(part.effect) for part in parts), reverse=True)


@given(before=WEEKS, after=WEEKS)
def test_parts_of_a_ratio_add_up_to_its_change(before, after):
    was, now = whole(before), whole(after)
    if not was.below or not now.below:
        with pytest.raises(ZeroDivisionError):
            parts_of_ratio(before, after)
        return
    parts = parts_of_ratio(before, after)
    assert sum(part.rate + part.mix for part in parts) == now.value - was.value
    # Read backwards, everything is the same with the other sign: neither week is the base.
    backwards = {part.name: (part.rate, part.mix) for part in parts_of_ratio(after, before)}
    assert backwards == {part.name: (-part.rate, -part.mix) for part in parts}


@given(before=WEEKS, scale=st.integers(2, 9))
def test_a_week_of_the_same_mix_and_ratios_changes_nothing(before, scale):
    after = {name: Amount(amount.above * scale, amount.below * scale) for name, amount in before.items()}
    if whole(before).below:
        assert {part.rate for part in parts_of_ratio(before, after)} == {0}
        assert sum(part.mix for part in parts_of_ratio(before, after)) == 0


def test_a_part_without_anything_below_the_line_is_mix():
    parts = parts_of_ratio(amounts({"Paid": (40, 10), "Email": (0, 0)}), amounts({"Paid": (40, 10), "Email": (5, 0)}))
    assert [(part.name, part.rate, part.mix) for part in parts] == [("Email", 0, Fraction(1, 2)), ("Paid", 0, 0)]


def test_berkeleys_gap_is_mix_and_not_rate():
    """Women were admitted less often in all, and more often department by department: they applied to harder ones."""
    parts = parts_of_ratio(amounts(MEN), amounts(WOMEN))
    gap, rate, mix = (sum(getattr(part, name) for part in parts) for name in ("effect", "rate", "mix"))
    assert gap == Fraction(557, 1835) - Fraction(1198, 2691)
    assert round(float(gap), 3) == -0.142
    assert rate > 0 > mix
    assert next(part for part in parts if part.rate < 0).name in "CE"  # where women were admitted less often
