"""What every system needs in order to write about a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.sample_sources.people import Person
from tools.sample_sources.sink import Sink


@dataclass(frozen=True)
class Diary:
    """One person's story and where it is written.

    :param sink: where rows land.
    :param person: whom it is about.
    :param later: puts an action on the person's agenda: ``later(when, action)`` calls ``action(when)``.
    """

    sink: Sink
    person: Person
    later: Callable[[int, Callable[[int], None]], None]

    def identity(self, key: str, created: int, linkable: bool = True) -> None:
        """Keep the person behind a record, if the record lands within the period.

        :param key: ``<source>:<entity>:<record id>``.
        :param created: time at which the record appears.
        :param linkable: see ``Sink.identity``.
        """
        if created < self.sink.end:
            self.sink.identity(key, self.person.person_id, linkable)
