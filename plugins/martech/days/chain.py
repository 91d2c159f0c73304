"""Which days a step of the chain is to work on: worked out from what steps have published, and from what they read.

A publication has a version. A step that publishes says which versions of the steps before it had been published when
its run chose its days. So a day is stale as soon as one of them is published anew, whatever the clocks say, and also
where that happened while the step was at work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)


class ChainError(ValueError):
    """A step cannot be asked for; the message names it and the remedy."""


@dataclass(frozen=True)
class Step:
    """A step of the chain: a DAG that publishes days.

    :param name: id of its DAG.
    :param needs: steps that must have published a day before; none for the head of the chain.
    :param by_day: True where it works on a range of days that follow each other, False where it takes all at once.
    """

    name: str
    needs: tuple[str, ...] = ()
    by_day: bool = True


@dataclass(frozen=True)
class Mark:
    """What is known of a step and a day.

    :param version: its newest publication; None where there is none.
    :param read: versions that had been published for it when that run chose its days.
    :param tried: versions that had been published when a run chose the day last; None where none has.
    :param is_due: whether the chain itself has published the day, and not only an order.
    :param accepted_by: who has given the day up; None where nobody has.
    :param reason: why.
    :param row_counts: rows of the day by table, as counted last.
    """

    version: str | None = None
    read: frozenset[str] = frozenset()
    tried: frozenset[str] | None = None
    is_due: bool = False
    accepted_by: str | None = None
    reason: str | None = None
    row_counts: Mapping[str, int] = field(default_factory=dict)


# What is known, by step and day.
Log = Mapping[str, Mapping[date, Mark]]
NOTHING = Mark()


class State(StrEnum):
    """How far a step is with a day."""

    NONE = "–"
    WAITING = "waits"
    READY = "ready"
    DONE = "done"
    GIVEN_UP = "given up"


@dataclass(frozen=True)
class DayState:
    """How far a step is with a day.

    :param state: how far.
    :param lacks: steps that have not published the day, where it waits.
    :param note: who has given it up and why, where that is so.
    """

    state: State
    lacks: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        """Return a cell of a table."""
        return " ".join(filter(None, (self.state.value, ", ".join(self.lacks), self.note)))


class Chain:
    """The steps, and what follows from their log.

    :param steps: the steps; the first is the head, which needs none.
    :param keep_days: days before today that can still be built; older ones are built by order only.
    :param most_days: most days that a run takes by itself.
    :raises ChainError: where a step needs one that is not there.
    """

    def __init__(self, steps: Iterable[Step], *, keep_days: int, most_days: int) -> None:
        self.steps = {step.name: step for step in steps}
        self.keep_days = keep_days
        self.most_days = most_days
        for step in self.steps.values():
            for need in step.needs:
                self.step(need)
        self.head = next(iter(self.steps))

    def step(self, name: str) -> Step:
        """Return a step.

        :param name: its name.
        :raises ChainError: where there is none.
        """
        if name not in self.steps:
            raise ChainError(f"The chain has no step {name!r}: use one of {', '.join(self.steps)}.")
        return self.steps[name]

    def first_day(self, today: date) -> date:
        """Return the oldest day that can still be built.

        :param today: the current UTC day.
        """
        return today - ONE_DAY * (self.keep_days - 1)

    def versions(self, log: Log, name: str, day: date) -> frozenset[str]:
        """Return what the steps before a step have published last of a day.

        :param log: what is known.
        :param name: the step.
        :param day: the day.
        """
        marks = (_mark(log, need, day) for need in self.step(name).needs)
        return frozenset(mark.version for mark in marks if mark.version)

    def state(self, log: Log, name: str, day: date) -> DayState:
        """Return how far a step is with a day.

        :param log: what is known.
        :param name: a step that needs others.
        :param day: the day.
        """
        mark = _mark(log, name, day)
        if mark.accepted_by and not mark.version:
            return DayState(State.GIVEN_UP, note=f"by {mark.accepted_by}: {mark.reason}")
        if not self._concerns(log, name, day):
            return DayState(State.NONE)
        versions = self.versions(log, name, day)
        if mark.version and versions <= mark.read:
            return DayState(State.DONE)
        needed = [need for need in self.step(name).needs if self._concerns(log, need, day)]
        lacks = tuple(need for need in needed if not _is_settled(_mark(log, need, day)))
        if lacks:
            return DayState(State.WAITING, lacks)
        return DayState(State.READY if versions else State.NONE)

    def choose(self, log: Log, name: str, today: date) -> list[date]:
        """Return the days that a run of a step is to work on, in order; none where there is nothing to do.

        Days that no run has tried as they are now come first, so that a day that fails holds up no other.

        :param log: what is known.
        :param name: the step.
        :param today: the current UTC day.
        """
        step = self.step(name)
        ready = self.ready(log, name, today)
        if not step.needs or not step.by_day:
            return ready
        fresh = [day for day in ready if _mark(log, name, day).tried != self.versions(log, name, day)]
        return self.first_range(fresh or ready)

    def first_range(self, days: Sequence[date]) -> list[date]:
        """Return the first days that follow each other without a gap, as many as a run takes.

        :param days: days in order.
        """
        found: list[date] = []
        for day in days[: self.most_days]:
            if found and day != found[-1] + ONE_DAY:
                break
            found.append(day)
        return found

    def begun(self, log: Log, days: Sequence[date]) -> list[date]:
        """Return those of some days that the head has published, or that were before its first one.

        :param log: what is known.
        :param days: days in order.
        """
        marks = log.get(self.head, {})
        first = min(marks, default=date.max)
        return [day for day in days if day < first or _mark(log, self.head, day).version]

    def ready(self, log: Log, name: str, today: date) -> list[date]:
        """Return all days that a step could work on now, in order.

        :param log: what is known.
        :param name: the step.
        :param today: the current UTC day.
        """
        first = self.first_day(today)
        if not self.step(name).needs:
            return self._owed(log, name, first, today - ONE_DAY)
        days = sorted({day for need in self.step(name).needs for day in log.get(need, {}) if day >= first})
        return [day for day in days if self.state(log, name, day).state is State.READY]

    def open_states(self, log: Log, today: date, leave_out: str = "") -> list[tuple[date, dict[str, DayState]]]:
        """Return the days with which a step that follows the head is not done, in order, and how far these steps are.

        :param log: what is known.
        :param today: the current UTC day.
        :param leave_out: a step that is not asked.
        """
        first = self.first_day(today)
        days = sorted({day for marks in log.values() for day in marks if day >= first})
        steps = [name for name, step in self.steps.items() if step.needs and name != leave_out]
        found = []
        for day in days:
            states = {name: self.state(log, name, day) for name in steps}
            still_open = {name: state for name, state in states.items() if state.state not in (State.NONE, State.DONE)}
            if still_open:
                found.append((day, still_open))
        return found

    def _owed(self, log: Log, name: str, first: date, yesterday: date) -> list[date]:
        """Return the days up to yesterday that the head has not published, since it first published one by itself."""
        marks = log.get(name, {})
        due = [day for day, mark in marks.items() if mark.is_due and mark.version]
        start = max(first, min(due)) if due else yesterday
        days = [start + ONE_DAY * n for n in range((yesterday - start).days + 1)]
        return [day for day in days if not _mark(log, name, day).version]

    def _concerns(self, log: Log, name: str, day: date) -> bool:
        """Return whether a day is a step's: a source is not asked for days before it joined the chain."""
        if self.step(name).needs != (self.head,):
            return True
        known = log.get(name, {})
        if known:
            return day >= min(known)
        # It has done nothing yet: it joins after the days for which the chain has built what needs it.
        built = [
            other
            for follower in self.steps.values()
            if name in follower.needs
            for other, mark in log.get(follower.name, {}).items()
            if mark.version and mark.is_due
        ]
        return day > max(built, default=date.min)


def grown_days(
    marks: Mapping[date, Mark], counts: Mapping[str, Mapping[date, int]], late_days: Mapping[str, int]
) -> list[date]:
    """Return the published days that got rows since they were counted, and that no later day is built with.

    :param marks: what is known of the source, by day.
    :param counts: rows by table and day, now.
    :param late_days: of each table, how many days before a day are built with it.
    """
    published = [day for day, mark in marks.items() if mark.version]
    coming = max(published, default=date.min) + ONE_DAY
    return sorted(
        day
        for day in published
        if any(
            counts[table].get(day, 0) > marks[day].row_counts.get(table, 0)
            for table, late in late_days.items()
            if day < coming - ONE_DAY * late
        )
    )


def _mark(log: Log, name: str, day: date) -> Mark:
    return log.get(name, {}).get(day, NOTHING)


def _is_settled(mark: Mark) -> bool:
    return bool(mark.version or mark.accepted_by)
