"""Generates a directory of raw data, person by person, in memory that does not grow with their number."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tools.sample_sources import braze
from tools.sample_sources.arrivals import Neighbourhood
from tools.sample_sources.google_ads import GoogleAds
from tools.sample_sources.journey import Life
from tools.sample_sources.people import neighbourhoods
from tools.sample_sources.recipe import GenerateError, Recipe
from tools.sample_sources.sink import Sink

MANIFEST = "manifest.json"


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
    sink.open()
    ads = GoogleAds(sink, recipe.seed)
    done = 0
    for people in neighbourhoods(recipe):
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
    delivered = dict(sorted(sink.delivered.items()))
    told = text | {"complete": True, "rows": rows, "delivered": delivered}
    (out / MANIFEST).write_text(json.dumps(told, indent=2) + "\n")
    return rows
