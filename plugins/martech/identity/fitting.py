"""Fits the weights of the identity model to compared pairs, without labels (EM), and says which fits not to trust.

Each pair is explained by one of four classes: one person, two strangers, two people of one home, two of one company.
The E step takes the probabilities that ``int_identity__scores`` would give; the M step counts levels by class. What
strangers have in common is not fitted: it comes from the frequencies of the values. Comparing by blocks finds nearly
all pairs of one person but few of the strangers, so only the former can be learned from it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

SAME_PERSON = "same_person"
CLASSES = (SAME_PERSON, "housemate", "colleague")
MAX_ROUNDS = 100
STILL = 0.0005  # shares that move by less have converged
PRIOR_PAIRS = 50  # pairs that a class is worth beforehand, spread as shipped: levels never seen keep a weight
LEAST_EXPECTED = 0.01

# What a fit must hold to be adopted.
LEAST_PAIRS = 100  # of one person: fewer teach nothing
MOST_EXPECTED = 20.0  # pairs of one person per record: more are namesakes
CONTRARY = ("different", "generation")  # levels that speak against one person:
CLEAR_BITS = 3.0  # one that is shipped with so much against it …
LEAST_KEPT = 0.25  # … keeps this share of it
DOUBT = (0.05, 0.95)
MOST_DOUBTFUL = 0.25  # of the pairs of one person, at most this share has a probability in doubt

Key = tuple[str, str]


@dataclass(frozen=True)
class Level:
    """How often a comparison ends at a level.

    :param stranger: share of pairs of strangers, to be read with ``stranger_basis``.
    :param stranger_basis: fixed, term_frequency (times the value's frequency) or per_record (by the number of records).
    :param shares: share (0–1) of pairs, by class; a class that is not there is like strangers.
    """

    stranger: float
    stranger_basis: str
    shares: Mapping[str, float]

    def stranger_share(self, frequency: float | None, record_count: int) -> float:
        """Return the share of strangers who agree so well.

        :param frequency: of the value that both have, where it counts.
        :param record_count: number of records that could be compared.
        """
        if self.stranger_basis == "term_frequency":
            return self.stranger * (frequency or 1 / record_count)
        return min(1.0, self.stranger / record_count) if self.stranger_basis == "per_record" else self.stranger


@dataclass(frozen=True)
class Model:
    """The weights, by comparison and level, and how many pairs of each class there are per record."""

    levels: Mapping[Key, Level]
    expected: Mapping[str, float]


@dataclass(frozen=True)
class Pattern:
    """Pairs that agree alike.

    :param levels: comparison and level, with the frequency of the value that both have.
    :param pairs: how many there are.
    """

    levels: Sequence[tuple[Key, float | None]]
    pairs: int


@dataclass(frozen=True)
class Fit:
    """What was learned.

    :param shares: share of each level, by class.
    :param expected: pairs of each class per record.
    :param pairs: pairs of one person that it was learned from.
    :param doubtful: share (0–1) of them that are one person's with a probability of 5 to 95 %.
    :param rounds: of EM.
    """

    shares: Mapping[str, Mapping[Key, float]]
    expected: Mapping[str, float]
    pairs: float
    doubtful: float
    rounds: int


def fit(model: Model, patterns: Sequence[Pattern], record_count: int) -> Fit:
    """Return the weights that explain the pairs best.

    :param model: where to start, and what stands for levels that the pairs do not have.
    :param patterns: the compared pairs.
    :param record_count: number of records that could be compared.
    """
    strangers = [
        [math.log(model.levels[key].stranger_share(frequency, record_count)) for key, frequency in pattern.levels]
        for pattern in patterns
    ]
    start = {
        name: {key: level.shares[name] for key, level in model.levels.items() if name in level.shares}
        for name in CLASSES
    }
    now, expected = start, dict(model.expected)
    rounds, counts, sizes = 0, start, dict.fromkeys(CLASSES, 0.0)
    while rounds < MAX_ROUNDS:
        rounds += 1
        counts = {name: defaultdict(float) for name in CLASSES}
        sizes = dict.fromkeys(CLASSES, 0.0)
        for pattern, posteriors in _explained(patterns, strangers, now, expected, record_count):
            for name, share in posteriors.items():
                sizes[name] += share * pattern.pairs
                for key, _ in pattern.levels:
                    counts[name][key] += share * pattern.pairs
        expected = {name: max(LEAST_EXPECTED, 2 * sizes[name] / record_count) for name in CLASSES}
        fitted = {name: _shares(counts[name], start[name]) for name in CLASSES}
        moved = max(abs(share - now[name][key]) for name in CLASSES for key, share in fitted[name].items())
        now = fitted
        if moved < STILL:
            break
    doubtful = sum(
        posteriors[SAME_PERSON] * pattern.pairs
        for pattern, posteriors in _explained(patterns, strangers, now, expected, record_count)
        if DOUBT[0] <= posteriors[SAME_PERSON] <= DOUBT[1]
    )
    pairs = sizes[SAME_PERSON]
    return Fit(now, expected, pairs, doubtful / pairs if pairs else 1.0, rounds)


def _explained(
    patterns: Sequence[Pattern],
    strangers: Sequence[Sequence[float]],
    shares: Mapping[str, Mapping[Key, float]],
    expected: Mapping[str, float],
    record_count: int,
) -> Iterator[tuple[Pattern, dict[str, float]]]:
    """Yield each pattern with the probability of each class but strangers (the E step)."""
    logs = {name: {key: math.log(share) for key, share in shares[name].items()} for name in CLASSES}
    priors = {name: math.log(expected[name] / record_count) for name in CLASSES}
    for pattern, log_strangers in zip(patterns, strangers, strict=True):
        odds = dict(priors)
        for (key, _), log_stranger in zip(pattern.levels, log_strangers, strict=True):
            for name in CLASSES:
                odds[name] += logs[name].get(key, log_stranger) - log_stranger
        most = max(0.0, *odds.values())
        weights = {name: math.exp(value - most) for name, value in odds.items()}
        whole = math.exp(-most) + sum(weights.values())
        yield pattern, {name: weight / whole for name, weight in weights.items()}


def _shares(counts: Mapping[Key, float], start: Mapping[Key, float]) -> dict[Key, float]:
    """Return the share of each level among the levels of its comparison, for one class (the M step)."""
    by_comparison: dict[str, list[Key]] = defaultdict(list)
    for key in start:
        by_comparison[key[0]].append(key)
    shares = {}
    for keys in by_comparison.values():
        mass = sum(start[key] for key in keys)
        seen = sum(counts.get(key, 0.0) for key in keys)
        for key in keys:
            shares[key] = (counts.get(key, 0.0) + PRIOR_PAIRS * start[key]) / (seen + PRIOR_PAIRS * mass) * mass
    return shares


def refusals(fitted: Fit, shipped: Model) -> list[str]:
    """Return why a fit must not be adopted; nothing where it may.

    :param fitted: what was learned.
    :param shipped: the weights that it started from.
    """
    return [*_of_numbers(fitted), *_of_levels(fitted, shipped)]


def _of_numbers(fitted: Fit) -> Iterable[str]:
    if fitted.pairs < LEAST_PAIRS:
        yield f"only {fitted.pairs:.0f} pairs of one person were found, fewer than {LEAST_PAIRS}"
    if fitted.expected[SAME_PERSON] > MOST_EXPECTED:
        yield (
            f"{fitted.expected[SAME_PERSON]:.1f} pairs of one person per record, more than {MOST_EXPECTED:.0f}: "
            "namesakes were taken for one person"
        )
    if fitted.doubtful > MOST_DOUBTFUL:
        yield (
            f"{fitted.doubtful:.0%} of the pairs of one person are in doubt, more than {MOST_DOUBTFUL:.0%}: "
            "the data do not tell them from others"
        )


def _of_levels(fitted: Fit, shipped: Model) -> Iterable[str]:
    """Yield levels that spoke clearly against one person, and hardly do any more: a class that took others in."""
    for key, level in shipped.levels.items():
        if key[1] not in CONTRARY or level.stranger_basis != "fixed":
            continue
        before = math.log2(level.shares[SAME_PERSON] / level.stranger)
        after = math.log2(fitted.shares[SAME_PERSON][key] / level.stranger)
        if before <= -CLEAR_BITS and after > LEAST_KEPT * before:
            yield f"{key[0]} {key[1]} would be worth {after:+.1f} bits, shipped {before:+.1f}"
