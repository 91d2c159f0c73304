"""What to do about what changed: the part that did the most harm to a figure, or the most good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from martech.letters.changes import Change, Figure
from martech.letters.contributions import ZERO, Part
from martech.letters.wording import changed, written

# A part is worth a word that did this share of all that moved, and changed the figure by this share of it.
MATERIAL = Fraction(1, 10)
NOTICEABLE = Fraction(1, 50)


@dataclass(frozen=True)
class Advice:
    """Something to do.

    :param text: what, and why; a sentence or two.
    :param page: page of the dashboards that has more.
    """

    text: str
    page: str


def advice_of(figures: Sequence[Figure], changes: Sequence[Change], currency: str) -> tuple[Advice, ...]:
    """Return what to do: targets that were missed first, then each change in order.

    :param figures: the letter's figures.
    :param changes: what parts did to metrics.
    :param currency: currency of all money.
    """
    missed = [_missed(figure, currency) for figure in figures if _misses(figure)]
    return (*missed, *(advice for change in changes for advice in _about(change, currency)))


def _misses(figure: Figure) -> bool:
    if figure.target is None or figure.now is None or figure.is_few:
        return False
    return figure.now < figure.target if figure.metric.good == "up" else figure.now > figure.target


def _missed(figure: Figure, currency: str) -> Advice:
    unit, label = figure.metric.unit, figure.metric.label
    now, target = written(figure.now, unit, currency), written(figure.target, unit, currency)
    return Advice(f"{label} is {now}, its target {target}: agree on what brings it there.", "executive")


def _about(change: Change, currency: str) -> Iterator[Advice]:
    """Yield what to do about the part that did the most harm, and about that which did the most good by its own."""
    sign = {"up": 1, "down": -1}.get(change.metric.good)
    named = change.parts[:-1] if change.others else change.parts
    moved = sum((abs(part.effect) for part in change.parts), ZERO)
    least = max(MATERIAL * moved, NOTICEABLE * abs(change.before.value or ZERO))
    if sign is None or not moved:
        return
    worst = min(named, key=lambda part: sign * part.effect)
    if sign * worst.effect < 0 and abs(worst.effect) >= least:
        yield Advice(_harm(change, worst, sign, currency), change.told.page)
    best = max(named, key=lambda part: sign * part.rate)
    if change.denominator and sign * best.rate > 0 and abs(best.rate) >= least:
        was, now = _own(change, best, currency)
        # More can be spent where it is money that stands below the line.
        costs = change.denominator.unit == "money"
        then = f"Ask whether it can take more {change.denominator.label}." if costs else "Find out what worked."
        text = f"{best.name}: {change.metric.label} went from {was} to {now}. {then}"
        yield Advice(text, change.told.page)


def _own(change: Change, part: Part, currency: str) -> tuple[str, str]:
    unit = change.metric.unit
    return written(part.before.value, unit, currency), written(part.after.value, unit, currency)


def _harm(change: Change, part: Part, sign: int, currency: str) -> str:
    label = change.metric.label
    was, now = _own(change, part, currency)
    if change.denominator is None:
        lost = changed(part.effect, change.metric.unit, currency)
        return f"{part.name}: {label} {lost}, from {was} to {now}. Find out why."
    if sign * part.rate <= sign * part.mix:
        return f"{part.name}: {label} went from {was} to {now}. Look at it first."
    if not part.before.below and not part.after.below:
        return (
            f"{part.name} did less for {label} than the week before, without {change.denominator.label}. Find out why."
        )
    shares = [
        written(amount.below / total.below, "share", currency)
        for amount, total in ((part.before, change.before), (part.after, change.after))
    ]
    return (
        f"{part.name} had {shares[0]} of {change.denominator.label} and now has {shares[1]}, at {now} {label}. "
        "Check whether that is meant."
    )
