"""Small SVG charts that need no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log10

from markupsafe import Markup, escape

LEFT, RIGHT, TOP, BOTTOM = 40, 10, 8, 18


@dataclass(frozen=True)
class Point:
    """A day of a chart.

    :param day: the day.
    :param value: its value.
    :param low: least normal value; None where there is no band.
    :param high: largest normal value; None where there is no band.
    :param state: ``ok``, ``warning`` or ``error``: how the dot looks.
    :param note: what its tooltip says.
    """

    day: date
    value: float
    low: float | None = None
    high: float | None = None
    state: str = "ok"
    note: str = ""


def short_number(value: float) -> str:
    """Return a number as an axis shows it: 950, 12.5k, 3M."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def _ceiling(value: float) -> float:
    """Return the next round number: an axis ends there."""
    if value <= 0:
        return 1.0
    unit = 10 ** int(log10(value)) if value >= 1 else 10 ** (int(log10(value)) - 1)
    return float(next(step * unit for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * unit >= value))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def line_chart(
    points: Sequence[Point], *, label: str, width: int = 340, height: int = 120, highest: float | None = None
) -> Markup:
    """Return a line over days, with the band of what is normal behind it; the axis starts at 0.

    :param points: the days, in order.
    :param label: what a screen reader says.
    :param width: pixels.
    :param height: pixels.
    :param highest: end of the axis; by the values if omitted.
    """
    if not points:
        return Markup('<p class="empty">No history yet.</p>')
    top = highest or _ceiling(max(value for point in points for value in (point.value, point.high or 0)))
    first, last = points[0].day, points[-1].day
    days = (last - first).days

    def x(day: date) -> float:
        share = (day - first).days / days if days else 1.0
        return LEFT + share * (width - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (1 - min(value, top) / top) * (height - TOP - BOTTOM)

    parts = []
    for share in (0, 0.5, 1):
        level = y(share * top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{level:.1f}" y2="{level:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{level + 3.5:.1f}" text-anchor="end">')
        parts.append(f"{short_number(share * top)}</text>")
    banded = [point for point in points if point.low is not None and point.high is not None]
    for part in _runs(banded):
        edge = [(x(p.day), y(p.high or 0)) for p in part] + [(x(p.day), y(p.low or 0)) for p in reversed(part)]
        parts.append(f'<polygon class="band" points="{_path(edge)}"/>')
    parts.append(f'<polyline class="line" points="{_path([(x(p.day), y(p.value)) for p in points])}"/>')
    for point in points:
        radius = 2 if point.state == "ok" else 4
        note = escape(point.note or f"{point.day}: {short_number(point.value)}")
        parts.append(
            f'<circle class="dot {point.state}" cx="{x(point.day):.1f}" cy="{y(point.value):.1f}" r="{radius}">'
            f"<title>{note}</title></circle>"
        )
    parts.append(f'<text class="tick" x="{LEFT}" y="{height - 4}">{first:%d %b}</text>' if days else "")
    parts.append(f'<text class="tick" x="{width - RIGHT}" y="{height - 4}" text-anchor="end">{last:%d %b}</text>')
    # Numbers and dates of our own; every text that comes from outside is escaped above.
    return Markup(  # noqa: S704
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return points in runs of neighbouring days, so that a band does not bridge what was not decided."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and (point.day - runs[-1][-1].day).days <= 1:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def meter(value: float, limit: float) -> Markup:
    """Return a bar that is full where ``value`` has reached ``limit``.

    :param value: what was found.
    :param limit: the largest allowed value.
    """
    share = min(value / limit, 1.0) if limit else 1.0
    state = "ok" if value <= limit else "error"
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="meter" viewBox="0 0 60 8" aria-hidden="true"><rect class="track" width="60" height="8" rx="4"/>'
        f'<rect class="{state}" width="{max(share * 60, 4):.1f}" height="8" rx="4"/></svg>'
    )


def ring(score: float | None) -> Markup:
    """Return a score as a ring with its number.

    :param score: 0–100, or None where nothing was decided.
    """
    share = (score or 0) / 100
    length = 2 * 3.14159 * 40
    text = "–" if score is None else f"{score:.1f}".removesuffix(".0")
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="ring" viewBox="0 0 100 100" aria-hidden="true"><circle class="track" cx="50" cy="50" r="40"/>'
        f'<circle class="{grade(score)}" cx="50" cy="50" r="40" stroke-dasharray="{share * length:.1f} {length:.1f}"/>'
        f'<text x="50" y="58" text-anchor="middle">{text}</text></svg>'
    )


def grade(score: float | None) -> str:
    """Return how a score looks: ok from 95, warning from 80, error below, unknown without one."""
    if score is None:
        return "unknown"
    return "ok" if score >= 95 else "warning" if score >= 80 else "error"
