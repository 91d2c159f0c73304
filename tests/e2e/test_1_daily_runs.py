"""First chapter: two daily runs and a backfill through Airflow, compared with what the generator knows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from include.pipeline.dbt_steps import GOLD, SILVER
from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from tests.e2e.conftest import Story
from tools.local.report import table_rows

ACCEPTANCE = sorted((Path(__file__).parent / "acceptance").glob("*.sql"))
CHAPTERS = ["first day", pytest.param("second day", marks=pytest.mark.one_line), "backfill"]


def truth(story: Story, name: str) -> list[dict[str, object]]:
    """Return what the generator knows, from ``truth/<name>.ndjson``."""
    with (story.sample / "truth" / f"{name}.ndjson").open() as lines:
        return [json.loads(line) for line in lines]


def landed(story: Story, table: str) -> list[dict[str, object]]:
    """Return the rows of a table that the generator wrote for the days that have landed."""
    rows = []
    for day in story.days:
        path = story.sample / table / f"{day}.ndjson"
        if path.exists():
            rows += [json.loads(line) for line in path.read_text().splitlines()]
    return rows


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_dag_run_succeeded(story: Story, chapter: str) -> None:
    assert story.runs[chapter]
    assert {run.dag_id: run.state for run in story.runs[chapter] if run.state != "success"} == {}


def test_assets_chained_the_dags(story: Story) -> None:
    for run in story.runs[story.newest]:
        by_hand = run.dag_id == "create_warehouse"
        assert run.run_id.startswith("manual__" if by_hand else ("dataset_triggered__", "asset_triggered__")), run


def test_bronze_holds_every_row_that_landed(story: Story) -> None:
    rows = {table: count for table, _, count in table_rows(story.client)["bronze"]}
    for source in load_sources().values():
        for table in source.tables:
            assert rows[table.name] == len(landed(story, table.name)), table.name


def test_revenue_is_what_the_shops_emitted(story: Story) -> None:
    newest: dict[object, dict[str, object]] = {}
    for order in sorted(landed(story, "shopify_orders"), key=lambda row: str(row["_fivetran_synced"])):
        newest[order["id"]] = order
    sold = [order for order in newest.values() if not order.get("_fivetran_deleted") and not order.get("test")]
    table = settings.table("silver", "unified_transactions")
    sql = f"select count(*) as orders, sum(gross_revenue) as gross from `{table}` where transaction_type = 'order'"
    found = story.rows(sql)[0]
    assert found["orders"] == len(sold)
    gross = sum(Decimal(str(order["subtotal_price"])) + Decimal(str(order["total_discounts"])) for order in sold)
    # A gift card is revenue when it is redeemed.
    ids = {order["id"] for order in sold}
    lines = {line["id"]: line for line in landed(story, "shopify_order_line_items") if line["order_id"] in ids}
    cards = [
        Decimal(str(line["price"])) * int(str(line["quantity"])) - Decimal(str(line["total_discount"]))
        for line in lines.values()
        if line["gift_card"]
    ]
    assert cards
    assert found["gross"] == gross - sum(cards)


def test_clicks_and_spend_equal_the_platforms_own_totals(story: Story) -> None:
    newest: dict[tuple[object, ...], dict[str, object]] = {}
    for row in sorted(landed(story, "google_ads_ad_performance"), key=lambda row: str(row["_fivetran_synced"])):
        newest[(row["date"], row["ad_id"], row["device"])] = row
    for layer, table, spend in (
        ("silver", "unified_ad_performance", "spend"),
        ("gold", "campaign_performance", "campaign_spend"),
    ):
        address = settings.table(layer, table)
        sql = f"select sum(clicks) as clicks, sum({spend}) as spend from `{address}` where platform = 'google_ads'"
        found = story.rows(sql)[0]
        assert found["clicks"] == sum(int(str(row["clicks"])) for row in newest.values()), table
        expected = sum(int(str(row["cost_micros"])) for row in newest.values()) / 1e6
        assert float(str(found["spend"])) == pytest.approx(expected, abs=0.01), table


def test_every_linkable_record_belongs_to_a_customer(story: Story) -> None:
    table = settings.table("silver", "identity_map")
    mapped = {row["identity_key"]: row["customer_id"] for row in story.rows(f"select * from `{table}`")}
    known = [row for row in truth(story, "identities") if row["identity_key"] in mapped]
    # An order without an account is a record too; the truth names accounts, leads, browsers and clicks only.
    others = {key for key in mapped if not key.startswith("shopify:order:")} - {row["identity_key"] for row in known}
    assert others == set(), "identity_map holds records that the generator never made"
    people = {row["person_id"] for row in known if row["linkable"]}
    customers = {mapped[row["identity_key"]] for row in known if row["linkable"]}
    assert 0.8 < len(customers) / len(people) < 1.25


def test_a_backfilled_day_changes_nothing(story: Story) -> None:
    daily, backfilled = story.tables[story.newest], story.tables["backfill"]
    assert {name for name in daily if daily[name] != backfilled[name]} == set()


@pytest.mark.one_line
def test_marts_are_filled(story: Story) -> None:
    empty = {name for name, (rows, _) in story.tables[story.newest].items() if rows == 0}
    assert empty == set()


@pytest.mark.one_line
@pytest.mark.parametrize("query", ACCEPTANCE, ids=lambda path: path.stem)
def test_acceptance_query(story: Story, query: Path) -> None:
    rows = story.rows(query.read_text().format(project_id=settings.project_id, day=story.days[-1]))
    assert rows, f"{query.name} returns no row"
    print(f"\n{query.stem}: {len(rows)} rows, first: {rows[0]}")


def test_every_model_and_test_of_a_day_is_on_record(story: Story) -> None:
    table = settings.table("ops", "dbt_results")
    kept = story.rows(
        f"""
        select task_id, resource_type, status, count(distinct node_id) as nodes
        from `{table}`
        where finished_at >= '2026-01-01' and last_day = '{story.days[-1]}'
        group by task_id, resource_type, status
        """
    )
    assert {row["task_id"] for row in kept} == {step.task_id for step in (*SILVER, *GOLD)}
    assert {(row["resource_type"], row["status"]) for row in kept} == {
        ("model", "success"),
        ("seed", "success"),
        ("test", "pass"),
    }
