"""What lands has the values that the connector's rows mean, and lands when it changed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from tests.landing.conftest import Warehouse
from tests.landing.samples import EVENING, SHOP, make_analytics, make_braze

DAY = date(2026, 11, 20)
TIME = "TIMESTAMP"


def at(day: int, hour: int = 12) -> str:
    return f"2026-11-{day} {hour:02}:00:00"


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


@pytest.fixture(scope="module")
def analytics(warehouse: Warehouse) -> Warehouse:
    """A property's export, landed for the day on which its sessions start."""
    make_analytics(warehouse.connectors, "analytics_1")
    for source in ("ga360", "firebase"):
        warehouse.land(source, "analytics_1", days=[DAY])
    return warehouse


def test_a_session_past_midnight_is_one_session_of_the_day_on_which_it_starts(analytics: Warehouse) -> None:
    session = only(analytics.rows("ga360_sessions"))
    start = EVENING.replace(tzinfo=UTC)
    expected = {
        "date": DAY,
        "full_visitor_id": "w1",
        "client_id": "w1",
        "visit_id": 1_763_682_600,
        "visit_number": 1,
        "user_id": "42",
        "visit_start_time": start,
        "traffic_source_source": "google",
        "traffic_source_medium": "cpc",
        "traffic_source_campaign": "autumn",
        "traffic_source_gclid": "g-1",
        "traffic_source_is_true_direct": False,
        "device_browser": "Firefox",
        "device_is_mobile": False,
        "geo_network_country": "Sweden",
        "landing_page_path": "/chairs?utm_source=google",
        "exit_page_path": "/thanks",
        "totals_hits": 4,
        "totals_pageviews": 2,
        "totals_visits": 1,
        "totals_bounces": None,
        "totals_new_visits": 1,
        "totals_time_on_site": 20 * 60,
        "totals_transactions": 1,
        "totals_transaction_revenue": Decimal("99.5"),
        "_connection": "analytics_1",
    }
    assert {name: session[name] for name in expected} == expected


def test_hits_are_numbered_in_their_session(analytics: Warehouse) -> None:
    hits = sorted(analytics.rows("ga360_hits"), key=lambda hit: hit["hit_number"])
    assert [(hit["hit_number"], hit["type"], hit["event_action"]) for hit in hits] == [
        (1, "EVENT", "session_start"),
        (2, "PAGE", "page_view"),
        (3, "PAGE", "page_view"),
        (4, "TRANSACTION", "purchase"),
    ]
    assert {hit["date"] for hit in hits} == {DAY}
    assert [hit["is_entrance"] for hit in hits] == [False, True, False, False]
    assert [hit["is_exit"] for hit in hits] == [False, False, True, False]
    assert hits[3]["transaction_id"] == "#1001"
    assert hits[3]["ecommerce_action_type"] == "purchase"
    assert hits[0]["page_hostname"] == SHOP.removeprefix("https://")


def test_app_events_land_without_web_events(analytics: Warehouse) -> None:
    events = sorted(analytics.rows("firebase_events"), key=lambda event: event["event_timestamp"])
    assert [event["event_name"] for event in events] == ["first_open", "screen_view"]
    assert events[1]["event_params"] == {"firebase_screen": "Home", "ga_session_id": 1_763_682_700}
    assert events[0]["device_mobile_brand_name"] == "Nokia"
    assert events[0]["traffic_source_source"] == "google-play"
    assert events[1]["ga_session_id"] == 1_763_682_700


def test_an_installation_has_no_email_token_or_properties(analytics: Warehouse) -> None:
    user = only(analytics.rows("firebase_users"))
    assert (user["user_pseudo_id"], user["user_id"], user["platform"]) == ("a1", "42", "ANDROID")
    assert user["user_ltv_revenue"] == Decimal("12.5")
    assert (user["email"], user["push_token"], user["user_properties"]) == (None, None, None)
    assert user["_fivetran_synced"].date() == DAY


def test_messages_of_all_channels_land_under_bronze_names(warehouse: Warehouse) -> None:
    make_braze(warehouse.connectors, "braze")
    warehouse.land("braze", "braze", days=[DAY])
    messages = {row["id"]: row for row in warehouse.rows("braze_message_events")}
    assert {key: (row["channel"], row["event_type"]) for key, row in messages.items()} == {
        "e1": ("email", "sent"),
        "e2": ("email", "open"),
        "e4": ("push", "sent"),
    }
    assert messages["e2"]["machine_open"] is True
    assert messages["e1"]["campaign_name"] == "autumn mail"
    campaign = only(warehouse.rows("braze_campaigns"))
    assert (campaign["channels"], campaign["message_type"]) == (["email", "push"], "email")
    assert campaign["first_sent"] == datetime(2026, 11, 3, 8, tzinfo=UTC)
    user = only(warehouse.rows("braze_users"))
    assert (user["external_id"], user["dob"], user["purchase_count"]) == ("42", date(1990, 5, 1), 1)
    assert user["custom_attributes"] == {"company": "Acme"}
    # A purchase that synced later lands its profile again.
    assert user["_fivetran_synced"] == datetime(2026, 11, 20, 7, tzinfo=UTC)


ORDER = {"id": "INT64", "display_financial_status": "STRING", "display_fulfillment_status": "STRING",
         "total_price_set_shop_amount": "FLOAT64", "_fivetran_synced": TIME}  # fmt: skip
REFUND = {"id": "INT64", "order_id": "INT64", "total_refunded_set_shop_amount": "FLOAT64", "_fivetran_synced": TIME}


def make_shop(warehouse: Warehouse, dataset: str) -> None:
    """Create a shop with one paid order and the tables that a shop must have."""
    connectors = warehouse.connectors
    connectors.make_dataset(dataset)
    connectors.make_table(dataset, "customer", {"id": "INT64", "_fivetran_synced": TIME})
    connectors.make_table(
        dataset,
        "order",
        ORDER,
        [{"id": 1, "display_financial_status": "PAID", "display_fulfillment_status": "PARTIALLY_FULFILLED",
          "total_price_set_shop_amount": 55.1, "_fivetran_synced": at(20)}],
    )  # fmt: skip
    connectors.make_table(
        dataset,
        "order_line",
        {"id": "INT64", "order_id": "INT64", "quantity": "INT64", "original_total_set_shop_amount": "FLOAT64",
         "unfulfilled_quantity": "INT64", "is_gift_card": "BOOL", "_fivetran_synced": TIME},
        [{"id": 11, "order_id": 1, "quantity": 4, "original_total_set_shop_amount": 55.0, "unfulfilled_quantity": 1,
          "is_gift_card": False, "_fivetran_synced": at(20)}],
    )  # fmt: skip


def test_a_refund_lands_its_order_again(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_refund")
    warehouse.empty("shopify_orders")
    warehouse.land("shopify", "shop_refund", days=[DAY])
    warehouse.connectors.make_table(
        "shop_refund",
        "refund",
        REFUND,
        [{"id": 7, "order_id": 1, "total_refunded_set_shop_amount": 19.99, "_fivetran_synced": at(22)}],
    )
    # The refund synced on another day: the day of the order has nothing new, and loses nothing.
    warehouse.land("shopify", "shop_refund", days=[DAY])
    warehouse.land("shopify", "shop_refund", days=[DAY + timedelta(days=2)])
    versions = sorted(warehouse.rows("shopify_orders"), key=lambda row: row["_fivetran_synced"])
    assert [(row["_fivetran_synced"].day, row["total_refunded"]) for row in versions] == [
        (20, Decimal(0)),
        (22, Decimal("19.99")),
    ]
    assert {row["financial_status"] for row in versions} == {"paid"}
    assert {row["fulfillment_status"] for row in versions} == {"partial"}
    assert {row["total_price"] for row in versions} == {Decimal("55.1")}


def test_price_and_fulfillment_of_a_line_come_from_its_totals(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_lines")
    warehouse.empty("shopify_order_line_items")
    warehouse.land("shopify", "shop_lines", days=[DAY])
    line = only(warehouse.rows("shopify_order_line_items"))
    assert (line["price"], line["fulfillment_status"], line["current_quantity"]) == (Decimal("13.75"), "partial", 4)


def test_refunds_of_rest_tables_come_from_transactions(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_rest")
    warehouse.empty("shopify_orders")
    warehouse.connectors.make_table(
        "shop_rest",
        "order",
        {"id": "INT64", "order_number": "INT64", "currency": "STRING", "total_price": "FLOAT64",
         "financial_status": "STRING", "browser_ip": "STRING", "total_shipping_price_set": "STRING",
         "landing_site_base_url": "STRING", "_fivetran_synced": TIME},
        [{"id": 1, "order_number": 1001, "currency": "USD", "total_price": 55.1, "financial_status": "paid",
          "browser_ip": "10.0.0.1", "landing_site_base_url": "/chairs?gclid=g-1", "_fivetran_synced": at(20),
          "total_shipping_price_set": json.dumps({"shop_money": {"amount": "4.50", "currency_code": "USD"}})}],
    )  # fmt: skip
    transaction = {"order_id": 1, "status": "success", "_fivetran_synced": at(20)}
    warehouse.connectors.make_table(
        "shop_rest",
        "transaction",
        {"order_id": "INT64", "kind": "STRING", "status": "STRING", "amount": "FLOAT64", "_fivetran_synced": TIME},
        [
            {**transaction, "kind": "sale", "amount": 55.1},
            {**transaction, "kind": "refund", "amount": 5.5},
            {**transaction, "kind": "refund", "amount": 9.0, "status": "failure"},
        ],
    )
    warehouse.connectors.make_table(
        "shop_rest",
        "order_note_attribute",
        {"order_id": "INT64", "name": "STRING", "value": "STRING", "_fivetran_synced": TIME},
        [{"order_id": 1, "name": "ga_client_id", "value": '"14.15"', "_fivetran_synced": at(20)}],
    )
    warehouse.land("shopify", "shop_rest", days=[DAY])
    order = only(warehouse.rows("shopify_orders"))
    assert order["total_refunded"] == Decimal("5.5")
    assert order["total_shipping_price"] == Decimal("4.5")
    assert order["note_attributes"] == [{"name": "ga_client_id", "value": "14.15"}]
    assert (order["order_number"], order["currency"], order["client_ip"]) == (1001, "USD", None)
    assert order["landing_site"] == "/chairs?gclid=g-1"


HISTORY = {"ticket_id": "INT64", "field_name": "STRING", "value": "STRING", "updated": TIME, "_fivetran_synced": TIME}


def test_times_of_a_ticket_come_from_its_history_and_comments(warehouse: Warehouse) -> None:
    connectors = warehouse.connectors
    connectors.make_dataset("support")
    connectors.make_table(
        "support",
        "user",
        {"id": "INT64", "role": "STRING", "_fivetran_synced": TIME},
        [
            {"id": 1, "role": "end-user", "_fivetran_synced": at(20)},
            {"id": 2, "role": "agent", "_fivetran_synced": at(20)},
        ],
    )
    connectors.make_table(
        "support",
        "ticket",
        {"id": "INT64", "status": "STRING", "requester_id": "INT64", "created_at": TIME, "custom_order_id": "STRING",
         "_fivetran_deleted": "BOOL", "_fivetran_synced": TIME},
        [{"id": 5, "status": "solved", "requester_id": 1, "created_at": at(19, 8), "custom_order_id": "#1001",
          "_fivetran_synced": at(20)}],
    )  # fmt: skip
    statuses = [("open", 8), ("solved", 9), ("open", 10), ("solved", 12)]
    connectors.make_table(
        "support",
        "ticket_field_history",
        HISTORY,
        [{"ticket_id": 5, "field_name": "status", "value": value, "updated": at(19, hour), "_fivetran_synced": at(20)}
         for value, hour in statuses],
    )  # fmt: skip
    comment = {"ticket_id": 5, "_fivetran_synced": at(20)}
    connectors.make_table(
        "support",
        "ticket_comment",
        {"id": "INT64", "ticket_id": "INT64", "user_id": "INT64", "public": "BOOL", "created": TIME,
         "_fivetran_synced": TIME},
        [
            {**comment, "id": 1, "user_id": 1, "public": True, "created": at(19, 8)},
            {**comment, "id": 2, "user_id": 2, "public": False, "created": "2026-11-19 08:05:00"},
            {**comment, "id": 3, "user_id": 2, "public": True, "created": "2026-11-19 08:30:00"},
        ],
    )  # fmt: skip
    connectors.make_table(
        "support",
        "ticket_tag",
        {"ticket_id": "INT64", "tag": "STRING", "_fivetran_synced": TIME},
        [{"ticket_id": 5, "tag": tag, "_fivetran_synced": at(20)} for tag in ("vip", "billing", "vip")],
    )
    warehouse.land("zendesk", "support", days=[DAY])
    ticket = only(warehouse.rows("zendesk_tickets"))
    assert ticket["reply_time_in_minutes"] == 30
    assert ticket["first_resolution_time_in_minutes"] == 60
    assert ticket["full_resolution_time_in_minutes"] == 240
    assert (ticket["reopens"], ticket["replies"]) == (1, 1)
    assert ticket["solved_at"] == datetime(2026, 11, 19, 12, tzinfo=UTC)
    assert ticket["custom_fields"] == {"order_id": "#1001"}
    assert ticket["tags"] == ["billing", "vip"]


STATS = {"customer_id": "INT64", "date": "DATE", "campaign_id": "INT64", "ad_group_id": "STRING", "ad_id": "INT64",
         "ad_network_type": "STRING", "device": "STRING", "keyword_ad_group_criterion": "STRING", "clicks": "INT64",
         "impressions": "INT64", "cost_micros": "INT64", "conversions": "FLOAT64",
         "_fivetran_synced": TIME}  # fmt: skip
CAMPAIGN_STATS = {"customer_id": "INT64", "date": "DATE", "id": "INT64", "ad_network_type": "STRING",
                  "device": "STRING", "clicks": "INT64", "impressions": "INT64", "cost_micros": "INT64",
                  "conversions": "FLOAT64", "_fivetran_synced": TIME}  # fmt: skip


@pytest.fixture(scope="module")
def ads(warehouse: Warehouse) -> Warehouse:
    """An account with two campaigns, of which one has no ads."""
    connectors = warehouse.connectors
    connectors.make_dataset("ads")
    connectors.make_table(
        "ads",
        "campaign_history",
        {"id": "INT64", "customer_id": "INT64", "name": "STRING", "updated_at": TIME, "_fivetran_synced": TIME},
        [
            {"id": 1, "customer_id": 9, "name": "before", "updated_at": at(18), "_fivetran_synced": at(18)},
            {"id": 1, "customer_id": 9, "name": "search", "updated_at": at(19), "_fivetran_synced": at(19)},
            {"id": 2, "customer_id": 9, "name": "max", "updated_at": at(18), "_fivetran_synced": at(18)},
        ],
    )
    row = {"customer_id": 9, "date": "2026-11-20", "device": "MOBILE", "_fivetran_synced": at(21)}
    ad = {**row, "campaign_id": 1, "ad_group_id": "3", "ad_id": 4}
    connectors.make_table(
        "ads",
        "ad_stats",
        STATS,
        [
            {**ad, "ad_network_type": "SEARCH", "keyword_ad_group_criterion": "a", "clicks": 40, "impressions": 100,
             "cost_micros": 30_000_000, "conversions": 0.1},
            {**ad, "ad_network_type": "SEARCH", "keyword_ad_group_criterion": "b", "clicks": 22, "impressions": 80,
             "cost_micros": 19_000_000, "conversions": 0.2},
            {**ad, "ad_network_type": "CONTENT", "keyword_ad_group_criterion": None, "clicks": 9, "impressions": 300,
             "cost_micros": 6_000_000, "conversions": 0.0},
        ],
    )  # fmt: skip
    total = {**row, "ad_network_type": "SEARCH", "conversions": 1.0}
    connectors.make_table(
        "ads",
        "campaign_stats",
        CAMPAIGN_STATS,
        [
            {**total, "id": 1, "clicks": 71, "impressions": 480, "cost_micros": 55_000_000},
            {**total, "id": 2, "clicks": 7, "impressions": 70, "cost_micros": 5_000_000},
        ],
    )
    warehouse.land("google_ads", "ads", days=[DAY])
    return warehouse


def test_rows_of_networks_and_keywords_are_added_up(ads: Warehouse) -> None:
    rows = {row["campaign_name"]: row for row in ads.rows("google_ads_ad_performance")}
    search = rows["search"]
    assert (search["clicks"], search["impressions"], search["cost_micros"]) == (71, 480, 55_000_000)
    assert search["conversions"] == pytest.approx(0.3)
    assert (search["ad_network_type"], search["ad_group_id"], search["ad_id"]) == ("MIXED", 3, 4)


def test_a_campaign_without_ads_lands_from_the_totals_of_campaigns(ads: Warehouse) -> None:
    rows = {row["campaign_name"]: row for row in ads.rows("google_ads_ad_performance")}
    assert rows.keys() == {"search", "max"}
    assert (rows["max"]["clicks"], rows["max"]["ad_id"], rows["max"]["ad_group_id"]) == (7, 0, 0)


def test_a_day_that_is_restated_within_the_conversion_window_lands_again(ads: Warehouse) -> None:
    ads.query(f"update `{ads.client.project}.ads.ad_stats` set conversions = 15.5 where clicks = 40")
    ads.land("google_ads", "ads", days=[DAY + timedelta(days=10)])
    rows = {row["campaign_name"]: row for row in ads.rows("google_ads_ad_performance")}
    assert rows["search"]["conversions"] == pytest.approx(15.7)
    assert rows["max"]["clicks"] == 7


def test_only_the_newest_version_of_a_campaign_lands(ads: Warehouse) -> None:
    ads.land("google_ads", "ads", days=[date(2026, 11, 18), date(2026, 11, 19)])
    assert {row["id"]: row["name"] for row in ads.rows("google_ads_campaigns")} == {1: "search", 2: "max"}


def test_two_connections_are_united_and_told_apart(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_se")
    make_shop(warehouse, "shop_no")
    project = warehouse.client.project
    for table in ("order", "order_line"):
        warehouse.query(f"update `{project}.shop_no.{table}` set id = id + 100 where true")
    warehouse.empty("shopify_orders", "shopify_order_line_items")
    warehouse.land("shopify", "shop_se", "shop_no", days=[DAY])
    assert [(row["id"], row["_connection"]) for row in warehouse.rows("shopify_orders")] == [
        (1, "shop_se"),
        (101, "shop_no"),
    ]


def test_an_id_that_two_connections_have_is_refused(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_a")
    make_shop(warehouse, "shop_b")
    warehouse.empty("shopify_orders", "shopify_order_line_items")
    with pytest.raises(AirflowException, match="several of the connections shop_a, shop_b have 1, which later layers"):
        warehouse.land("shopify", "shop_a", "shop_b", days=[DAY])
    assert len(warehouse.rows("shopify_orders")) == 2


def test_the_filling_of_columns_is_recorded(warehouse: Warehouse) -> None:
    make_shop(warehouse, "shop_checks")
    warehouse.empty("shopify_orders", "shopify_order_line_items")
    table = f"{warehouse.client.project}.ops.partition_checks"
    warehouse.land("shopify", "shop_checks", days=[DAY], results_table=table)
    checks = warehouse.query(f"select * from `{table}` where checked_day = '2026-11-20' order by table_name")
    assert [(check["table_name"], check["check_name"], check["severity"]) for check in checks] == [
        ("raw_data.shopify_order_line_items", "columns_filled", "warning"),
        ("raw_data.shopify_orders", "columns_filled", "warning"),
    ]
    assert not checks[1]["passed"]
    # id, two states, the price, nothing refunded, and the time of the sync.
    assert checks[1]["observed"] == "6 columns"
    assert checks[1]["expected"] == "44 columns"
    assert "Empty: name, order_number" in checks[1]["reason"]
    assert "The connector lacks order.name" in checks[1]["reason"]
