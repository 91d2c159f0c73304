"""Third chapter: the warehouse watches itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from include.warehouse.settings import settings
from tests.e2e.conftest import DAY_3, Story
from tools.local.chain import Chain, Run

pytestmark = pytest.mark.e2e
WATCHERS = {"enforce_retention"}
TODAY = DAY_3 + timedelta(days=1)


def rows_of(story: Story, table: str, condition: str = "true") -> list[dict[str, object]]:
    """Return rows of an operations table."""
    return story.rows(f"select * from `{settings.table('ops', table)}` where {condition}")  # noqa: S608


@pytest.fixture(scope="module")
def watched(story: Story) -> list[Run]:
    """Start the DAGs that the clock would start."""
    chain = Chain(story.stack)
    for dag_id in sorted(WATCHERS):
        chain.trigger(TODAY, TODAY, dag_id)
    return chain.wait(WATCHERS)


def test_watchers_succeed(watched: list[Run]) -> None:
    assert {run.dag_id: run.state for run in watched} == dict.fromkeys(WATCHERS, "success")


def test_every_table_expires_as_declared(story: Story, watched: list[Run]) -> None:
    checks = rows_of(story, "retention_checks", "check_name = 'expiration'")
    assert {row["dataset_id"] for row in checks} >= {settings.layers["bronze"].dataset, settings.layers["gold"].dataset}
    assert [row for row in checks if not row["passed"] and not row["repaired"]] == []


def test_every_layer_has_a_quality_score(story: Story) -> None:
    scores = rows_of(story, "quality_scores", "table_name is null")
    assert {row["layer"] for row in scores} == {"bronze", "silver", "gold"}
    assert all(50 < float(str(row["score"])) <= 100 for row in scores)
