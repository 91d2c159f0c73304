"""Days as operators get them: from Python lists, XCom, or a template."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def parse_days(days: str | Iterable[str | date]) -> list[date]:
    """Return the days in order, each once.

    :param days: dates or ISO dates, or text with ISO dates between commas, as a rendered template gives it.
    :raises ValueError: where there is none, or one is no date.
    """
    items: Iterable[str | date] = days
    if isinstance(days, str):
        items = [part.strip(" []'\"") for part in days.split(",")]
    try:
        found = {item if isinstance(item, date) else date.fromisoformat(item) for item in items if item}
    except (TypeError, ValueError):
        raise ValueError(f"days={days!r}: write them as YYYY-MM-DD, with commas between them.") from None
    if not found:
        raise ValueError(f"days={days!r} names no day: give at least one, as YYYY-MM-DD.")
    return sorted(found)
