"""The week of a letter: Monday to Sunday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 7


@dataclass(frozen=True)
class Week:
    """A week.

    :param first: its Monday.
    """

    first: date

    @classmethod
    def of(cls, day: date) -> Week:
        """Return the week that a day is in."""
        return cls(day - timedelta(days=day.weekday()))

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=DAYS - 1)

    def ago(self, weeks: int) -> Week:
        """Return the week so many weeks earlier."""
        return Week(self.first - timedelta(weeks=weeks))

    def has(self, day: str) -> bool:
        """Return whether a day, an ISO date, is in it."""
        return self.first.isoformat() <= day <= self.last.isoformat()

    def __str__(self) -> str:
        """Return it in words: ``16 to 22 November 2026``."""
        start = f"{self.first:%-d}" if self.first.month == self.last.month else f"{self.first:%-d %B}"
        return f"{start} to {self.last:%-d %B %Y}"
