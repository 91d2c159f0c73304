"""How figures and changes are written."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

BARS = "▁▂▃▄▅▆▇█"
MINUS = "\N{MINUS SIGN}"
HALF_PERCENT = 0.005
Number = float | Fraction | None


def written(value: Number, unit: str, currency: str) -> str:
    """Return a figure as people read it, a dash where there is none.

    :param value: the figure.
    :param unit: unit of its metric: ``money``, ``count``, ``share``, ``ratio`` or ``number``.
    :param currency: currency of all money.
    """
    if value is None:
        return "–"
    amount = float(value)
    sign, size = (MINUS if amount < 0 else ""), abs(amount)
    match unit:
        case "money":
            return f"{sign}{size:,.0f} {currency}" if size >= 100 else f"{sign}{size:,.2f} {currency}"
        case "share":
            return f"{sign}{size:.1%}"
        case "ratio":
            return f"{sign}{size:,.2f}"
        case "count":
            return f"{sign}{size:,.0f}"
    return f"{sign}{size:,.1f}"


def changed(value: Number, unit: str, currency: str) -> str:
    """Return a difference with its sign; of shares in points.

    :param value: the difference.
    :param unit: unit of its metric.
    :param currency: currency of all money.
    """
    if value is None:
        return "–"
    text = written(value, unit, currency)
    text = text.replace("%", " points") if unit == "share" else text
    if not any(digit in text for digit in "123456789"):
        return text.removeprefix(MINUS)
    return text if value < 0 else f"+{text}"


def percent(share: float | None) -> str:
    """Return a relative change in percent with its sign; empty where there is none.

    :param share: the change, 0.1 for a tenth more.
    """
    if share is None:
        return ""
    if abs(share) < HALF_PERCENT:
        return "0%"
    return f"{MINUS if share < 0 else '+'}{abs(share):.0%}"


def heights(values: Sequence[float | None], highest: int) -> list[int | None]:
    """Return whole heights of bars that start at 0; None where there is no value.

    :param values: the values.
    :param highest: height of the largest.
    """
    top = max((value for value in values if value is not None), default=0.0)
    return [None if value is None else round(max(value, 0) / top * highest) if top > 0 else 0 for value in values]


def sparkline(values: Sequence[float | None]) -> str:
    """Return a row of bars from 0 to the largest value; a blank where there is none.

    :param values: the values, oldest first.
    """
    return "".join(" " if height is None else BARS[height] for height in heights(values, len(BARS) - 1))
