"""What the connectors deliver: rows that fit their tables, figures that add up, and no trace of the truth."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.landing.connectors import CONNECTOR_TABLES
from tools.sample_sources.connectors import CONNECTIONS, braze, ga4, google_ads, salesforce, shopify, zendesk
from tools.sample_sources.connectors.delivery import Connection, Table
from tools.sample_sources.sink import CONNECTORS
from tools.sample_sources.validate import CHECKS

TABLES = [(connection, table) for connection in CONNECTIONS for table in connection.tables]
# Rare things need more customers than the sample has; only e-mails are sent by canvases.
RARE = {"note", "email_bounced_date", "parent_id", "cancelled_at", "cancel_reason", "canvas_id", "canvas_step_id"}
# Headers of the public integration tests of the connectors' dbt packages, by dataset.
PUBLIC_TABLES = {
    "salesforce": "salesforce",
    "shopify": "shopify_graphql",
    "zendesk": "zendesk",
    "google_ads": "google_ads",
}
# Fields of the systems' own references that those tests leave out, beside custom fields and Fivetran's own columns.
BEYOND = {
    "salesforce": {
        "account.created_date", "account.last_modified_date", "account.system_modstamp", "lead.rating",
        "opportunity.last_modified_date", "opportunity.system_modstamp",
    },
    "shopify": {"customer.sms_marketing_consent_state"},
    "zendesk": {"user.shared_phone_number"},
    "google_ads": {
        "campaign_history.bidding_strategy_type", "ad_stats.interactions", "ad_stats.view_through_conversions",
        "ad_stats.conversions", "ad_stats.conversions_value",
    },
}  # fmt: skip


def name_of(value: object) -> str:
    return {Connection: lambda: value.dataset, Table: lambda: value.name}.get(type(value), lambda: None)()


def delivered(sample: Path, connection: Connection, table: Table) -> list[dict[str, Any]]:
    folders = sorted(
        (sample / CONNECTORS / connection.dataset).glob(f"{table.name}????????" if table.day else table.name)
    )
    return [json.loads(line) for folder in folders for path in sorted(folder.glob("*.ndjson")) for line in path.open()]


def faults(columns: Any, row: Any, path: str = "") -> Iterator[str]:
    """Yield the columns of a row that its table does not have, or has with another type."""
    if isinstance(columns, list):
        for part in row:
            yield from faults(columns[0], part, path)
    elif isinstance(columns, dict):
        for name, value in row.items():
            if name not in columns:
                yield f"{path}{name} is no column"
            elif value is not None:
                yield from faults(columns[name], value, f"{path}{name}.")
    elif not CHECKS[columns](row):
        yield f"{path[:-1]} is no {columns}: {row!r}"


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Yield the names of what is in a row, or in a table's columns."""
    if isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}{name}.") if part is not None else ()
    else:
        yield path[:-1]


@pytest.mark.parametrize(("connection", "table"), TABLES, ids=name_of)
def test_every_row_fits_its_table_and_every_column_is_used(sample, connection, table):
    rows = delivered(sample, connection, table)
    assert rows
    assert sorted({fault for row in rows for fault in faults(table.columns, row)}) == []
    unused = set(leaves(table.columns)) - {name for row in rows for name in leaves(row)}
    assert unused - RARE == set()


@pytest.mark.parametrize(("dataset", "folder"), PUBLIC_TABLES.items())
def test_tables_have_the_columns_of_the_real_ones(dataset, folder):
    (connection,) = [connection for connection in CONNECTIONS if connection.dataset == dataset]
    headers = {path.stem: path.open().readline().strip().split(",") for path in (CONNECTOR_TABLES / folder).iterdir()}
    unknown = {
        f"{table.name}.{column}"
        for table in connection.tables
        if table.name in headers
        for column in table.columns
        if column not in headers[table.name] and not re.search(r"_c$|^custom_|^_fivetran_", column)
    }
    assert unknown == BEYOND.get(dataset, set())


@pytest.mark.parametrize(("connection", "table"), [pair for pair in TABLES if not pair[1].day], ids=name_of)
def test_rows_are_in_the_file_of_their_day_of_sync(sample, connection, table):
    for path in (sample / CONNECTORS / connection.dataset / table.name).glob("*.ndjson"):
        assert {json.loads(line)["_fivetran_synced"][:10] for line in path.open()} == {path.stem}


@pytest.mark.parametrize(("connection", "table"), [pair for pair in TABLES if pair[1].key], ids=name_of)
def test_every_row_has_its_whole_primary_key(sample, connection, table):
    for row in delivered(sample, connection, table):
        assert None not in table.key_of(row)


def test_the_truth_never_reaches_a_connector(sample):
    person_ids = re.compile(r"\b[PA]\d{8}\b")
    files = list((sample / CONNECTORS).rglob("*.ndjson"))
    assert files
    assert not [path for path in files if person_ids.search(path.read_text())]


def test_google_gets_no_email_and_no_push_token(sample, rows):
    emails = {row["email"] for row in rows("firebase_users") if row.get("email")}
    tokens = {row["push_token"] for row in rows("firebase_users") if row.get("push_token")}
    assert emails
    text = "".join(path.read_text() for path in (sample / CONNECTORS / ga4.CONNECTION.dataset).rglob("*.ndjson"))
    assert not [secret for secret in (*emails, *tokens) if secret in text]


def newest(rows: list[dict[str, Any]], key: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows that are in a table in the end."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        identity = tuple(row[name] for name in key)
        if identity not in kept or row["_fivetran_synced"] >= kept[identity]["_fivetran_synced"]:
            kept[identity] = row
    return list(kept.values())


def sums(rows: list[dict[str, Any]], campaign: str) -> dict[tuple[Any, ...], tuple[float, ...]]:
    added: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in ("impressions", "clicks", "cost_micros", "conversions", "conversions_value"):
            added[row["date"], row[campaign], row["device"]][name] += float(row[name])
    return {key: tuple(round(value, 2) for value in counts.values()) for key, counts in added.items()}


def test_ad_reports_add_up_to_what_the_ads_did(sample, rows):
    reported = newest(rows("google_ads_ad_performance"), ("date", "ad_id", "device"))
    ads = newest(delivered(sample, google_ads.CONNECTION, google_ads.AD_STATS), google_ads.AD_STATS.key)
    campaigns = newest(
        delivered(sample, google_ads.CONNECTION, google_ads.CAMPAIGN_STATS), google_ads.CAMPAIGN_STATS.key
    )
    assert sums(campaigns, "id") == sums(reported, "campaign_id")
    with_ads = [row for row in reported if row["ad_network_type"] != "MIXED"]
    assert 0 < len(with_ads) < len(reported)
    assert sums(ads, "campaign_id") == sums(with_ads, "campaign_id")
    keywords = Counter((row["date"], row["ad_id"], row["device"]) for row in ads)
    assert max(keywords.values()) > 1, "no ad has a row per keyword"


def test_refunds_are_rows_of_their_own_beside_unchanged_lines(sample, rows):
    amounts = {row["id"]: float(row["total_refunded"]) for row in rows("shopify_orders")}
    refunds = newest(delivered(sample, shopify.CONNECTION, shopify.REFUND), ("id",))
    refunded = {row["order_id"]: row["total_refunded_set_shop_amount"] for row in refunds}
    assert refunded == {order_id: amount for order_id, amount in amounts.items() if amount}
    fewer = {row["id"] for row in rows("shopify_order_line_items") if row["current_quantity"] < row["quantity"]}
    assert {row["order_line_id"] for row in delivered(sample, shopify.CONNECTION, shopify.REFUND_LINE_ITEM)} == fewer


def test_a_deleted_customer_and_a_deleted_lead_stay_with_a_mark(sample):
    customers = newest(delivered(sample, shopify.CONNECTION, shopify.CUSTOMER), ("id",))
    assert {row["_fivetran_deleted"] for row in customers} == {True, False}
    leads = newest(delivered(sample, salesforce.CONNECTION, salesforce.LEAD), ("id",))
    assert {row["is_deleted"] for row in leads} == {True, False}


def test_a_tickets_history_tells_when_it_was_solved_and_how_it_was_rated(sample, rows):
    history = delivered(sample, zendesk.CONNECTION, zendesk.TICKET_FIELD_HISTORY)
    solved = {row["ticket_id"]: row["updated"] for row in history if row["value"] == "solved"}
    assert solved == {row["id"]: row["solved_at"] for row in rows("zendesk_tickets") if row.get("solved_at")}
    rated = {row["ticket_id"]: row["value"] for row in history if row["value"] in {"good", "bad"}}
    assert rated == {row["ticket_id"]: row["score"] for row in rows("zendesk_satisfaction_ratings")}


def test_a_web_order_is_one_purchase_in_analytics(sample, rows):
    events = delivered(sample, ga4.CONNECTION, ga4.EVENTS)
    orders = Counter(row["ecommerce"]["transaction_id"] for row in events if row["event_name"] == "purchase")
    assert orders
    assert set(orders.values()) == {1}
    hits = {hit["transaction_id"] for hit in rows("ga360_hits") if hit["type"] == "TRANSACTION"}
    assert hits <= set(orders)
    assert {row["platform"] for row in events} == {"WEB", "IOS", "ANDROID"}


def test_a_record_that_did_not_change_is_not_delivered_again(sample):
    codes = delivered(sample, shopify.CONNECTION, shopify.ORDER_DISCOUNT_CODE)
    orders = delivered(sample, shopify.CONNECTION, shopify.ORDER)
    assert len(codes) == len({(row["order_id"], row["index"]) for row in codes})
    assert len(orders) > len({row["id"] for row in orders})


def test_events_of_a_channel_are_in_its_own_table(sample, rows):
    sent = Counter(row["channel"] for row in {row["id"]: row for row in rows("braze_message_events")}.values())
    assert {channel: len(delivered(sample, braze.CONNECTION, table)) for channel, table in braze.EVENTS.items()} == sent
