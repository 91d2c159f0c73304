"""Last chapter: the six queries of the mission, word for word, once the data of yesterday is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import Story

QUERIES = sorted((Path(__file__).parent / "acceptance").glob("*.sql"))
# The project that the mission names.
PROJECT = "nexvigilant-marketing-prod"


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_query_of_the_mission_returns_rows(story: Story, query: Path) -> None:
    rows = story.rows(query.read_text().replace(PROJECT, settings.project_id))
    assert rows, f"{query.name} returns no row"
    print(f"\n{query.stem}: {len(rows)} rows, first: {rows[0]}")
