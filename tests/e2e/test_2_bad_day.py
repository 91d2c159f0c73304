"""Second chapter: a day that goes wrong. The operator is told what to fix and how, and nothing else is lost."""

from __future__ import annotations

import json

import pytest

from include.pipeline.settings import settings
from tests.e2e.conftest import DAY_1, DAY_3, Story
from tools.local.chain import Chain, Run

pytestmark = pytest.mark.one_line
MISSING = "ticket"  # of Zendesk
TOO_HIGH = 1_000_000  # an amount whose decimal point is misplaced

# Copies of orders under ids of their own.
BAD_ORDERS_SQL = """
    insert into `{orders}`
    select * replace (
        id + 9000000000000 as id, total_price_set_shop_amount * {factor} as total_price_set_shop_amount
    )
    from `{orders}`
    where date(_fivetran_synced) = '{day}' and total_price_set_shop_amount > 10
    order by id
    limit 2
"""


@pytest.fixture(scope="module")
def bad_day(story: Story) -> dict[str, list[Run]]:
    """Sync a day without one table and with malformed orders; then sync the table and clear the failed task."""
    story.sync(DAY_3, DAY_3)
    orders = f"{settings.project_id}.shopify.order"
    story.client.query(BAD_ORDERS_SQL.format(orders=orders, factor=TOO_HIGH, day=DAY_3)).result()
    story.client.delete_table(f"{settings.project_id}.zendesk.{MISSING}")
    runs = {}

    chain = Chain(story.stack)
    chain.trigger(DAY_3, DAY_3)
    runs["bad"] = chain.wait({run.dag_id for run in story.runs["second day"] if run.dag_id.startswith("ingest_")})

    # Whoever selects a table again gets all of it.
    story.sync(DAY_1, DAY_3)
    chain = Chain(story.stack)
    story.stack.airflow("tasks", "clear", "ingest_zendesk", "--only-failed", "--downstream", "--yes")
    runs["fixed"] = chain.wait({"build_silver", "build_gold"})
    return runs


def test_only_the_source_that_lacks_a_table_fails(bad_day: dict[str, list[Run]]) -> None:
    failed = {run.dag_id for run in bad_day["bad"] if run.state == "failed"}
    assert failed == {"ingest_zendesk"}


def test_silver_has_built_the_day_once_after_its_last_source(story: Story, bad_day: dict[str, list[Run]]) -> None:
    table = settings.table("ops", "day_log")
    steps = [
        row["step"]
        for row in story.rows(
            f"""
            select step
            from `{table}`
            where
                event_at >= '2026-01-01' and event = 'published' and data_day = '{DAY_3}'
                and (starts_with(step, 'ingest_') or step = 'build_silver')
            order by event_at
            """
        )
    ]
    assert steps[-2:] == ["ingest_zendesk", "build_silver"]
    assert steps.count("build_silver") == 1


def test_the_message_names_table_and_fix(story: Story, bad_day: dict[str, list[Run]]) -> None:
    log = story.task_log("ingest_zendesk", "land_rows")
    assert f"Dataset zendesk has no table {MISSING}" in log
    assert "clear this task" in log


def test_the_engineer_is_told_once_with_the_fix(story: Story, bad_day: dict[str, list[Run]]) -> None:
    alerts = [json.dumps(body) for _, body in story.slack.requests if "ingest_zendesk" in json.dumps(body)]
    assert len(alerts) == 1
    assert f"Dataset zendesk has no table {MISSING}" in alerts[0]
    assert "clear this task" in alerts[0]
    assert "docs/runbooks/ingest.md" in alerts[0]


def test_clearing_the_task_completes_the_day(story: Story, bad_day: dict[str, list[Run]]) -> None:
    assert {run.dag_id: run.state for run in bad_day["fixed"]}.items() >= {
        "build_silver": "success",
        "build_gold": "success",
    }.items()
    address = settings.table("gold", "ml_features")
    snapshots = story.rows(
        f"select distinct snapshot_date as day from `{address}` where snapshot_date >= date '{DAY_3}'"
    )
    assert DAY_3 in {row["day"] for row in snapshots}


def test_malformed_rows_are_kept_aside_and_the_rest_lands(story: Story, bad_day: dict[str, list[Run]]) -> None:
    kept = story.rows(
        f"select reason, row_json from `{settings.table('ops', 'quarantined_rows')}` "
        f"where table_name like '%.shopify_orders' and status = 'quarantined' and date(quarantined_at) > '2000-01-01'"
    )
    assert len(kept) == 2
    assert all("total_price" in str(row["reason"]) for row in kept)
    bad = {json.loads(str(row["row_json"]))["id"] for row in kept}
    table = settings.table("bronze", "shopify_orders")
    landed = {row["id"] for row in story.rows(f"select id from `{table}` where date(_fivetran_synced) = '{DAY_3}'")}
    lines = (story.sample / "shopify_orders" / f"{DAY_3}.ndjson").read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == landed
    assert bad.isdisjoint(landed)
