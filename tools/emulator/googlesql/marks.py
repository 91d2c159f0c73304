"""What differs between statements that are the same otherwise: each run of the models names its own days and tables."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

# A day between quotes.
DAY = re.compile(r"(?<=(?P<quote>['\"]))\d{4}-\d{2}-\d{2}(?=(?P=quote))")
# Stands for the first day that a statement names, the day after it for the second: no data is of then.
FIRST_DAY = date(7001, 1, 1)
# How dbt ends a temporary table's name: with the moment of the run.
MOMENT = re.compile(r"__dbt_tmp\d{12}\b")
# The same for moments: there is no such hour.
FIRST_MOMENT = 70_00_00_000_000


class MarkedStatement:
    """A statement with marks in place of its days and moments, which are such themselves.

    Two statements that differ in these alone have the same ``text``, if what is equal in one is equal in the other.
    What looks like a day and is none stays, for it is refused.

    :param sql: the statement.
    """

    def __init__(self, sql: str) -> None:
        self._days: dict[str, str] = {}
        self._moments: dict[str, str] = {}
        # Days are marked: a translator that looks for the tables finds them.
        self.of_any_day = DAY.sub(self._mark_day, sql)
        for moment in MOMENT.findall(sql):
            self._moments.setdefault(moment, f"__dbt_tmp{FIRST_MOMENT + len(self._moments)}")
        self.text = self.mark_moments(self.of_any_day)

    def _mark_day(self, found: re.Match[str]) -> str:
        with suppress(ValueError):
            date.fromisoformat(found[0])
            return self._days.setdefault(found[0], (FIRST_DAY + timedelta(days=len(self._days))).isoformat())
        return found[0]

    def mark_moments(self, text: str) -> str:
        """Return a text about the statement with marks for its moments."""
        for moment, mark in self._moments.items():
            text = text.replace(moment, mark)
        return text

    def restore(self, text: str) -> str:
        """Return what was kept of a statement of the same text, with this one's days and moments."""
        for passing, mark in (self._days | self._moments).items():
            text = text.replace(mark, passing)
        return text

    def has_every_day(self, text: str) -> bool:
        """Whether a text has a mark for each day of the statement."""
        return all(mark in text for mark in self._days.values())
