"""The fit finds what the pairs were made of, and a fit that took others in is refused."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from martech.identity.fitting import SAME_PERSON, Fit, Key, Level, Model, Pattern, fit, refusals

RECORDS = 4_000
# Shares of strangers, and of people of one home, by level; one person's are what a test chooses.
STRANGERS = {
    ("first_name", "exact"): 0.01,
    ("first_name", "close"): 0.01,
    ("first_name", "different"): 0.98,
    ("last_name", "exact"): 0.005,
    ("last_name", "different"): 0.995,
    ("birth_date", "exact"): 0.0001,
    ("birth_date", "different"): 0.9999,
    ("street", "exact"): 0.0005,
    ("street", "different"): 0.9995,
}
AT_HOME = {
    ("last_name", "exact"): 0.8,
    ("last_name", "different"): 0.2,
    ("street", "exact"): 0.95,
    ("street", "different"): 0.05,
}
SHIPPED = {
    ("first_name", "exact"): 0.8,
    ("first_name", "close"): 0.19,
    ("first_name", "different"): 0.01,
    ("last_name", "exact"): 0.95,
    ("last_name", "different"): 0.05,
    ("birth_date", "exact"): 0.95,
    ("birth_date", "different"): 0.05,
    ("street", "exact"): 0.5,
    ("street", "different"): 0.5,
}
TRUE = {
    ("first_name", "exact"): 0.6,
    ("first_name", "close"): 0.3,
    ("first_name", "different"): 0.1,
    ("last_name", "exact"): 0.85,
    ("last_name", "different"): 0.15,
    ("birth_date", "exact"): 0.9,
    ("birth_date", "different"): 0.1,
    ("street", "exact"): 0.8,
    ("street", "different"): 0.2,
}


def model() -> Model:
    """Return the model as shipped."""
    levels = {
        key: Level(
            share, "fixed", {SAME_PERSON: SHIPPED[key], **({"housemate": AT_HOME[key]} if key in AT_HOME else {})}
        )
        for key, share in STRANGERS.items()
    }
    return Model(levels, {SAME_PERSON: 1.8, "housemate": 0.2, "colleague": 0.3})


def pairs(seed: int, *kinds: tuple[int, Mapping[Key, float]]) -> list[Pattern]:
    """Return pairs of some kinds, as many as are asked for, whose levels are drawn by their shares."""
    drawn = random.Random(seed)  # noqa: S311
    names = dict.fromkeys(name for name, _ in STRANGERS)
    found: Counter[tuple[tuple[Key, None], ...]] = Counter()
    for number, shares in kinds:
        for _ in range(number):
            levels = []
            for name in names:
                keys = [key for key in STRANGERS if key[0] == name]
                weights = [shares.get(key, STRANGERS[key]) for key in keys]
                levels.append((drawn.choices(keys, weights)[0], None))
            found[tuple(levels)] += 1
    return [Pattern(levels, number) for levels, number in found.items()]


@pytest.mark.parametrize("seed", range(5))
def test_the_fit_finds_what_the_pairs_were_made_of(seed: int) -> None:
    found = fit(model(), pairs(seed, (3_000, TRUE), (6_000, {}), (300, AT_HOME)), RECORDS)
    assert found.shares[SAME_PERSON] == pytest.approx(TRUE, abs=0.04)
    assert found.expected[SAME_PERSON] == pytest.approx(2 * 3_000 / RECORDS, rel=0.1)
    assert refusals(found, model()) == []


def test_pairs_that_agree_alike_count_as_many() -> None:
    """A pattern of three pairs teaches what three patterns of one pair do."""
    patterns = pairs(7, (500, TRUE), (500, {}))
    apart = [replace(pattern, pairs=1) for pattern in patterns for _ in range(pattern.pairs)]
    one, other = fit(model(), patterns, RECORDS), fit(model(), apart, RECORDS)
    assert one.shares[SAME_PERSON] == pytest.approx(other.shares[SAME_PERSON])
    assert (one.pairs, one.doubtful) == (pytest.approx(other.pairs), pytest.approx(other.doubtful))


def test_levels_that_no_pair_has_keep_their_weight() -> None:
    patterns = [Pattern([(key, None) for key in STRANGERS if key[1] == "exact" and key[0] != "street"], 1_000)]
    found = fit(model(), patterns, RECORDS)
    for key in (("street", "exact"), ("street", "different")):
        assert found.shares[SAME_PERSON][key] == pytest.approx(SHIPPED[key])


# Namesakes of other ages: they take over the class of one person where birth dates are all that tells them apart.
NAMESAKES = {
    ("first_name", "exact"): 1.0,
    ("first_name", "close"): 0.0,
    ("first_name", "different"): 0.0,
    ("last_name", "exact"): 1.0,
    ("last_name", "different"): 0.0,
}
GOOD = Fit(
    {name: dict(SHIPPED) for name in (SAME_PERSON, "housemate", "colleague")},
    {SAME_PERSON: 1.0, "housemate": 0.1, "colleague": 0.1},
    pairs=1_000,
    doubtful=0.02,
    rounds=9,
)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"pairs": 99.0}, "only 99 pairs of one person"),
        ({"pairs": 100.0}, None),
        ({"doubtful": 0.26}, "26% of the pairs of one person are in doubt"),
        ({"doubtful": 0.25}, None),
        ({"expected": {SAME_PERSON: 20.1}}, "20.1 pairs of one person per record"),
        ({"shares": {SAME_PERSON: {**SHIPPED, ("birth_date", "different"): 0.5}}}, "birth_date different"),
        ({"shares": {SAME_PERSON: {**SHIPPED, ("birth_date", "different"): 0.45}}}, None),
        ({"shares": {SAME_PERSON: {**SHIPPED, ("street", "different"): 0.99}}}, None),
    ],
    ids=["good", "few", "enough", "doubtful", "clear", "namesakes", "no evidence", "still evidence", "never clear"],
)
def test_a_fit_is_adopted_only_where_nothing_speaks_against_it(changed: dict[str, Any], reason: str | None) -> None:
    found = refusals(replace(GOOD, **changed), model())
    assert len(found) == (0 if reason is None else 1)
    assert reason is None or reason in found[0]


def test_a_fit_that_takes_namesakes_for_one_person_is_refused() -> None:
    """4,000 pairs of namesakes beside 200 of one person: only the birth dates tell them apart."""
    found = fit(model(), pairs(3, (200, TRUE), (4_000, NAMESAKES), (2_000, {})), RECORDS)
    assert found.expected[SAME_PERSON] > 1
    assert refusals(found, model())
