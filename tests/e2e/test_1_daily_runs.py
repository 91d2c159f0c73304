"""First chapter: two days and a backfill through Airflow, compared with what the generator knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from include.pipeline.dbt_steps import GOLD, SILVER
from include.pipeline.settings import settings
from tests.e2e.conftest import Story
from tests.landing.raw_rows import AUTOMATIC, TABLES, Row, last_of_each_day, typed

CHAPTERS = ["first day", pytest.param("second day", marks=pytest.mark.one_line), "backfill"]


def truth(story: Story, name: str) -> list[dict[str, object]]:
    """Return what the generator knows, from ``truth/<name>.ndjson``."""
    with (story.sample / "truth" / f"{name}.ndjson").open() as lines:
        return [json.loads(line) for line in lines]


def delivered(story: Story, table: str) -> list[dict[str, object]]:
    """Return the rows of a table that the generator wrote for the days that have synced, in the order of the syncs."""
    rows = []
    for day in story.days:
        path = story.sample / table / f"{day}.ndjson"
        if path.exists():
            rows += [json.loads(line) for line in path.read_text().splitlines()]
    return sorted(rows, key=lambda row: str(row["_fivetran_synced"]))


def keys(story: Story, table: str, *columns: str, where: Callable[[Row], bool] = lambda _: True) -> set[object]:
    """Return the distinct values of columns in what the generator wrote."""
    return {tuple(row.get(name) for name in columns) for row in delivered(story, table) if where(row)}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_dag_run_succeeded(story: Story, chapter: str) -> None:
    assert story.runs[chapter]
    assert {run.dag_id: run.state for run in story.runs[chapter] if run.state != "success"} == {}


@pytest.mark.parametrize("chapter", CHAPTERS[:2])
def test_assets_chained_the_dags(story: Story, chapter: str) -> None:
    for run in story.runs[chapter]:
        by_hand = run.dag_id == "create_warehouse"
        assert run.run_id.startswith("manual__" if by_hand else ("dataset_triggered__", "asset_triggered__")), run


# What connectors deliver as other rows than the generator wrote: which are the same, and how many.
TOLD_OTHERWISE: dict[str, tuple[str, Callable[[Story], int]]] = {
    "firebase_users": ("count(*)", lambda story: len(keys(story, "firebase_events", "user_pseudo_id", "event_date"))),
    "ga360_hits": (
        f"countif(event_action not in ({', '.join(map(repr, sorted(AUTOMATIC)))}))",
        lambda story: len(keys(story, "ga360_hits", *TABLES["ga360_hits"].key)),
    ),
    "ga360_sessions": ("count(*)", lambda story: len(keys(story, "ga360_hits", "full_visitor_id", "visit_id"))),
    # Campaigns without ads are reported per campaign.
    "google_ads_ad_performance": (
        "countif(ad_id != 0)",
        lambda story: len(
            keys(
                story, "google_ads_ad_performance", *TABLES["google_ads_ad_performance"].key,
                where=lambda row: row["ad_network_type"] != "MIXED",
            )
        ),
    ),
    "zendesk_satisfaction_ratings": (
        "count(distinct if(score in ('good', 'bad'), ticket_id, null))",
        lambda story: len(keys(story, "zendesk_satisfaction_ratings", "ticket_id")),
    ),
    # Agents are users too; the people of the sample are customers.
    "zendesk_users": (
        "countif(role != 'agent')",
        lambda story: len(last_of_each_day("zendesk_users", typed_rows(story, "zendesk_users"))),
    ),
}  # fmt: skip


def typed_rows(story: Story, table: str) -> list[Row]:
    """Return what the generator wrote, as the warehouse would return it."""
    return [typed(table, row) for row in delivered(story, table)]


@pytest.mark.parametrize("table", TABLES)
def test_bronze_holds_every_row_that_synced(story: Story, table: str) -> None:
    counted, expected = TOLD_OTHERWISE.get(table, ("count(*)", None))
    if expected:
        rows = expected(story)
    elif TABLES[table].appends:
        rows = len(last_of_each_day(table, typed_rows(story, table)))
    else:
        rows = len(keys(story, table, *TABLES[table].key))
    address, day = settings.table("bronze", table), TABLES[table].partition_field
    assert rows
    assert story.rows(f"select {counted} as n from `{address}` where {day} >= '2000-01-01'") == [{"n": rows}]


def test_revenue_is_what_the_shops_emitted(story: Story) -> None:
    newest = {order["id"]: order for order in delivered(story, "shopify_orders")}
    sold = [order for order in newest.values() if not order.get("_fivetran_deleted") and not order.get("test")]
    table = settings.table("silver", "unified_transactions")
    sql = f"select count(*) as orders, sum(gross_revenue) as gross from `{table}` where transaction_type = 'order'"
    found = story.rows(sql)[0]
    assert found["orders"] == len(sold)
    gross = sum(Decimal(str(order["subtotal_price"])) + Decimal(str(order["total_discounts"])) for order in sold)
    # A gift card is revenue when it is redeemed.
    ids = {order["id"] for order in sold}
    lines = {line["id"]: line for line in delivered(story, "shopify_order_line_items") if line["order_id"] in ids}
    cards = [
        Decimal(str(line["price"])) * int(str(line["quantity"])) - Decimal(str(line["total_discount"]))
        for line in lines.values()
        if line["gift_card"]
    ]
    assert cards
    assert found["gross"] == gross - sum(cards)


def test_clicks_and_spend_equal_the_platforms_own_totals(story: Story) -> None:
    report = delivered(story, "google_ads_ad_performance")
    newest = {tuple(row[name] for name in ("date", "campaign_id", "ad_id", "device")): row for row in report}
    for layer, table, spend, day in (
        ("silver", "unified_ad_performance", "spend", "performance_date"),
        ("gold", "campaign_performance", "campaign_spend", "campaign_date"),
    ):
        address = settings.table(layer, table)
        sql = (
            f"select sum(clicks) as clicks, sum({spend}) as spend from `{address}` "
            f"where platform = 'google_ads' and {day} >= '1970-01-01'"
        )
        found = story.rows(sql)[0]
        assert found["clicks"] == sum(int(str(row["clicks"])) for row in newest.values()), table
        expected = sum(int(str(row["cost_micros"])) for row in newest.values()) / 1e6
        assert float(str(found["spend"])) == pytest.approx(expected, abs=0.01), table


def test_every_linkable_record_belongs_to_a_customer(story: Story) -> None:
    table = settings.table("silver", "identity_map")
    mapped = {row["identity_key"]: row["customer_id"] for row in story.rows(f"select * from `{table}`")}
    known = [row for row in truth(story, "identities") if row["identity_key"] in mapped]
    # An order without an account is a record too; the truth names accounts, leads, clicks, and browsers whose sessions
    # have ended in the period. Analytics exports the events of the others too.
    others = {key for key in mapped if not key.startswith("shopify:order:")} - {row["identity_key"] for row in known}
    others -= {f"ga360:visitor:{row['full_visitor_id']}" for row in delivered(story, "ga360_hits")}
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
