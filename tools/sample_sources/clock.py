"""Times are whole seconds since 1970 (UTC) inside the generator; text is made only when a row is written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

DAY = 86_400
HOUR = 3_600
MINUTE = 60


def midnight(day: date) -> int:
    """Return the first second of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@cache
def _day_text(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, UTC).date().isoformat()


def day_of(when: int) -> str:
    """Return the day as ``YYYY-MM-DD``."""
    return _day_text(when // DAY)


def stamp(when: int) -> str:
    """Return the time as BigQuery reads it, ``YYYY-MM-DDTHH:MM:SSZ``."""
    hours, seconds = divmod(when % DAY, HOUR)
    return f"{_day_text(when // DAY)}T{hours:02}:{seconds // 60:02}:{seconds % 60:02}Z"


def weekday(when: int) -> int:
    """Return 0 for Monday … 6 for Sunday."""
    return (when // DAY + 3) % 7
