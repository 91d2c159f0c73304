"""Second chapter: a day that goes wrong. The operator is told what to fix and how, and nothing else is lost."""

from __future__ import annotations

import json

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import DAY_3, Story
from tools.local.chain import Chain, Run

pytestmark = pytest.mark.one_line
MISSING = "zendesk_tickets"
BAD_LINES = ['{"id": "not a number", "_fivetran_synced": "soon"}', "this is no JSON"]


@pytest.fixture(scope="module")
def bad_day(story: Story) -> dict[str, list[Run]]:
    """Land a day without one table and with malformed orders; then land the table and clear the failed task."""
    orders = story.sample / "shopify_orders" / f"{DAY_3}.ndjson"
    orders.write_text(orders.read_text() + "\n".join(BAD_LINES) + "\n")
    tables = sorted(path.name for path in story.sample.iterdir() if (path / f"{DAY_3}.ndjson").exists())
    story.land(DAY_3, DAY_3, [table for table in tables if table != MISSING])
    runs = {}

    chain = Chain(story.stack)
    chain.trigger(DAY_3, DAY_3)
    runs["bad"] = chain.wait({run.dag_id for run in story.runs["second day"] if run.dag_id.startswith("ingest_")})

    story.land(DAY_3, DAY_3, [MISSING])
    chain = Chain(story.stack)
    story.stack.airflow("tasks", "clear", "ingest_zendesk", "--only-failed", "--downstream", "--yes")
    runs["fixed"] = chain.wait({"build_silver", "build_gold"})
    return runs


def task_log(story: Story, dag_id: str, task_id: str) -> str:
    """Return all logs of a task, of every run and attempt."""
    folder = story.stack.airflow_home / "logs" / f"dag_id={dag_id}"
    return "\n".join(path.read_text() for path in sorted(folder.glob(f"run_id=*/task_id={task_id}/*.log")))


def test_only_the_source_that_lacks_a_table_fails(bad_day: dict[str, list[Run]]) -> None:
    failed = {run.dag_id for run in bad_day["bad"] if run.state == "failed"}
    assert failed == {"ingest_zendesk"}
    assert not any(run.dag_id == "build_silver" for run in bad_day["bad"]), "silver must wait for all sources"


def test_the_message_names_table_day_and_fix(story: Story, bad_day: dict[str, list[Run]]) -> None:
    log = task_log(story, "ingest_zendesk", "wait_for_partitions")
    assert f"raw_data.{MISSING} has no partition {DAY_3}" in log
    assert "clear this task" in log


def test_the_engineer_is_told_once_with_the_fix(story: Story, bad_day: dict[str, list[Run]]) -> None:
    alerts = [json.dumps(body) for _, body in story.slack.requests if "ingest_zendesk" in json.dumps(body)]
    assert len(alerts) == 1
    assert f"raw_data.{MISSING} has no partition {DAY_3}" in alerts[0]
    assert "clear this task" in alerts[0]
    assert "docs/runbooks/ingest.md" in alerts[0]


def test_clearing_the_task_completes_the_day(story: Story, bad_day: dict[str, list[Run]]) -> None:
    assert {run.dag_id: run.state for run in bad_day["fixed"]}.items() >= {
        "build_silver": "success",
        "build_gold": "success",
    }.items()
    snapshots = story.rows(f"select distinct snapshot_date as day from `{settings.table('gold', 'ml_features')}`")
    assert DAY_3 in {row["day"] for row in snapshots}


def test_malformed_rows_are_kept_aside_and_the_rest_lands(story: Story, bad_day: dict[str, list[Run]]) -> None:
    rejects = (story.sample / "rejects" / "shopify_orders" / f"{DAY_3}.ndjson").read_text().splitlines()
    assert len(rejects) == len(BAD_LINES)
    assert all(json.loads(line)["reason"] for line in rejects)
    good = (story.sample / "shopify_orders" / f"{DAY_3}.ndjson").read_text().splitlines()[: -len(BAD_LINES)]
    table = settings.table("bronze", "shopify_orders")
    landed = story.rows(f"select count(*) as n from `{table}` where date(_fivetran_synced) = '{DAY_3}'")
    assert landed[0]["n"] == len(good)
