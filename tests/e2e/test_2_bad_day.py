"""Second chapter: a day that went wrong. The operator is told what to fix and how, and nothing else is lost."""

from __future__ import annotations

import json

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import DAY_2, MISSING, Story

pytestmark = pytest.mark.one_line


def test_only_the_source_that_lacks_a_table_fails(story: Story) -> None:
    failed = {run.dag_id for run in story.runs["bad day"] if run.state == "failed"}
    assert failed == {"ingest_zendesk"}


def test_silver_has_built_the_day_once_after_its_last_source(story: Story) -> None:
    table = settings.table("ops", "day_log")
    steps = [
        row["step"]
        for row in story.rows(
            f"""
            select step
            from `{table}`
            where
                event_at >= '2026-01-01' and event = 'published' and data_day = '{DAY_2}'
                and (starts_with(step, 'ingest_') or step = 'build_silver')
            order by event_at
            """
        )
    ]
    assert steps[-2:] == ["ingest_zendesk", "build_silver"]
    assert steps.count("build_silver") == 1


def test_the_message_names_table_and_fix(story: Story) -> None:
    log = story.task_log("ingest_zendesk", "land_rows")
    assert f"Dataset zendesk has no table {MISSING}" in log
    assert "clear this task" in log


def test_the_engineer_is_told_once_with_the_fix(story: Story) -> None:
    alerts = [json.dumps(body) for _, body in story.slack.requests if "ingest_zendesk" in json.dumps(body)]
    assert len(alerts) == 1
    assert f"Dataset zendesk has no table {MISSING}" in alerts[0]
    assert "clear this task" in alerts[0]
    assert "docs/runbooks/ingest.md" in alerts[0]


def test_clearing_the_task_completes_the_day(story: Story) -> None:
    assert {run.dag_id: run.state for run in story.runs["second day"]}.items() >= {
        "build_silver": "success",
        "build_gold": "success",
    }.items()
    address = settings.table("gold", "ml_features")
    snapshots = story.rows(
        f"select distinct snapshot_date as day from `{address}` where snapshot_date >= date '{DAY_2}'"
    )
    assert DAY_2 in {row["day"] for row in snapshots}


def test_malformed_rows_are_kept_aside_and_the_rest_lands(story: Story) -> None:
    kept = story.rows(
        f"select reason, row_json from `{settings.table('ops', 'quarantined_rows')}` "
        f"where table_name like '%.shopify_orders' and status = 'quarantined' and date(quarantined_at) > '2000-01-01'"
    )
    assert len(kept) == 2
    assert all("total_price" in str(row["reason"]) for row in kept)
    bad = {json.loads(str(row["row_json"]))["id"] for row in kept}
    table = settings.table("bronze", "shopify_orders")
    landed = {row["id"] for row in story.rows(f"select id from `{table}` where date(_fivetran_synced) = '{DAY_2}'")}
    lines = (story.sample / "shopify_orders" / f"{DAY_2}.ndjson").read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == landed
    assert bad.isdisjoint(landed)
