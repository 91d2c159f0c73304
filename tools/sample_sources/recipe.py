"""What to generate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tools.sample_sources.mess import DIFFICULTY, Mess


class GenerateError(ValueError):
    """The data cannot be generated; the message names the fix."""


@dataclass(frozen=True)
class Recipe:
    """The same recipe gives the same bytes.

    :param customers: known persons; unnamed visitors come on top, 8 for each 20.
    :param start: first day of landing.
    :param end: last day of landing.
    :param seed: of all chances.
    :param difficulty: how much systems spoil what they write down, a key of ``DIFFICULTY``.
    :raises GenerateError: for values that make no sense.
    """

    customers: int
    start: date
    end: date
    seed: int = 7
    difficulty: str = "normal"

    def __post_init__(self) -> None:
        if self.customers < 1:
            raise GenerateError(f"--customers {self.customers}: give at least 1.")
        if self.end < self.start:
            raise GenerateError(f"--end {self.end} is before --start {self.start}: swap them.")
        if self.seed < 0:
            raise GenerateError(f"--seed {self.seed}: give 0 or more.")
        if self.difficulty not in DIFFICULTY:
            raise GenerateError(f"--difficulty {self.difficulty}: give one of {', '.join(DIFFICULTY)}.")

    @property
    def mess(self) -> Mess:
        """Return the chances of defects."""
        return DIFFICULTY[self.difficulty]
