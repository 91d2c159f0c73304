"""Generates a directory of raw data, person by person, in memory that does not grow with their number."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from tools.sample_sources import braze
from tools.sample_sources.google_ads import GoogleAds
from tools.sample_sources.journey import Life, Neighbourhood
from tools.sample_sources.mess import DIFFICULTY
from tools.sample_sources.people import neighbourhoods
from tools.sample_sources.sink import Sink

MANIFEST = "manifest.json"


class GenerateError(ValueError):
    """The data cannot be generated; the message names the cure."""


@dataclass(frozen=True)
class Recipe:
    """What to generate; the same recipe gives the same bytes.

    :param customers: known persons; unnamed visitors come on top, 8 for each 20.
    :param start: first day of landing.
    :param end: last day of landing.
    :param seed: of all chances.
    :param difficulty: how much systems spoil what they write down, a key of ``DIFFICULTY``.
    """

    customers: int
    start: date
    end: date
    seed: int
    difficulty: str = "normal"

    def __post_init__(self) -> None:
        if self.customers < 1:
            raise GenerateError(f"--customers {self.customers}: give at least 1.")
        if self.end < self.start:
            raise GenerateError(f"--end {self.end} is before --start {self.start}: swap them.")
        if self.difficulty not in DIFFICULTY:
            raise GenerateError(f"--difficulty {self.difficulty}: give one of {', '.join(DIFFICULTY)}.")


def _empty(out: Path) -> None:
    """Make room: only a directory that this program wrote is emptied."""
    if out.exists() and any(out.iterdir()):
        if not (out / MANIFEST).exists():
            raise GenerateError(f"{out} holds files that are not sample data: give --out a new or empty directory.")
        for child in out.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    out.mkdir(parents=True, exist_ok=True)


def generate(recipe: Recipe, out: Path, progress: Callable[[int, int], None] | None = None) -> dict[str, int]:
    """Write the data of a recipe.

    :param out: target directory; must be new, empty or written by this function before.
    :param progress: called with persons done and rows written, after each neighbourhood.
    :returns: number of rows by table, ``truth`` included.
    :raises GenerateError: where ``out`` holds something else.
    """
    _empty(out)
    text = {**asdict(recipe), "start": recipe.start.isoformat(), "end": recipe.end.isoformat()}
    (out / MANIFEST).write_text(json.dumps(text | {"complete": False}, indent=2) + "\n")
    sink = Sink(out, recipe.start, recipe.end)
    ads = GoogleAds(sink, recipe.seed)
    done = 0
    for people in neighbourhoods(recipe.seed, recipe.customers, DIFFICULTY[recipe.difficulty]):
        place = Neighbourhood(sink, ads)
        for person in people:
            Life(place, person).live()
        place.close()
        done += sum(person.known for person in people)
        if progress:
            progress(done, sink.rows.total())
    ads.report()
    braze.land_campaigns(sink)
    sink.flush()
    rows = dict(sorted(sink.rows.items()))
    (out / MANIFEST).write_text(json.dumps(text | {"complete": True, "rows": rows}, indent=2) + "\n")
    return rows
