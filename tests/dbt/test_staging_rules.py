"""Hard cases of the staging rules on rows written by hand: newest version wins, bad values do not spread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.dbt.dbt_warehouse import DbtWarehouse

OLD_DAY = date(2026, 11, 18)
DAY = date(2026, 11, 20)


def contact(id_: str, synced: str, **values: Any) -> dict[str, Any]:
    return {"id": id_, "_fivetran_synced": f"{synced}T10:00:00Z", **values}


@pytest.fixture(scope="module")
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse]) -> DbtWarehouse:
    """The newer day is built first, the older one is backfilled."""
    warehouse = dbt_warehouse("staging-rules")
    warehouse.insert(
        "salesforce_contacts",
        [
            contact("changed", "2026-11-18", last_name="Old", email="old@example.com"),
            contact("changed", "2026-11-20", last_name="New", email=" New+tag@Example.com "),
            contact("only-old", "2026-11-18", last_name="O'Neil", is_deleted=True),
            contact("bad-email", "2026-11-20", email="no address", _fivetran_deleted=True),
        ],
    )
    event = {"event_date": "2026-11-20", "event_type": "open", "event_time": "2026-11-20T09:00:00Z"}
    warehouse.insert(
        "braze_message_events",
        [
            {**event, "id": "repeated", "channel": "old", "_fivetran_synced": "2026-11-20T10:00:00Z"},
            {**event, "id": "repeated", "channel": "new", "_fivetran_synced": "2026-11-21T10:00:00Z"},
            {**event, "id": "once", "_fivetran_synced": "2026-11-20T10:00:00Z"},
            {**event, "id": "proxy", "machine_open": True, "_fivetran_synced": "2026-11-20T10:00:00Z"},
        ],
    )
    ad = {
        "date": "2026-11-20",
        **dict.fromkeys(("customer_id", "campaign_id", "ad_group_id", "ad_id"), 1),
        "_fivetran_synced": "2026-11-20T10:00:00Z",
    }
    warehouse.insert(
        "google_ads_ad_performance",
        [
            {**ad, "device": "MOBILE", "clicks": -3, "cost_micros": 1_234_567},
            {**ad, "device": "DESKTOP", "ad_network_type": "SEARCH", "clicks": 2},
            {**ad, "device": "DESKTOP", "ad_network_type": "CONTENT", "clicks": 4},
        ],
    )
    warehouse.insert(
        "salesforce_opportunities",
        [
            {"id": name, "probability": probability, "_fivetran_synced": "2026-11-20T10:00:00Z"}
            for name, probability in (("none", None), ("lost", 0), ("likely", 75), ("won", 100), ("typed", 750))
        ],
    )
    # Analytics keeps the id of a visit that goes on after midnight.
    visit = {
        "full_visitor_id": "v",
        "visit_id": 7,
        "visit_start_time": "2026-11-19T23:50:00Z",
        "_fivetran_synced": "2026-11-20T10:00:00Z",
    }
    warehouse.insert("ga360_sessions", [{**visit, "date": day} for day in ("2026-11-19", "2026-11-20")])
    warehouse.dbt("seed", start=DAY, end=DAY)
    for day in (DAY, OLD_DAY):
        warehouse.dbt("run", "--select", "staging", "int_identity__records", start=day, end=day)
    return warehouse


def test_newest_version_survives_a_backfill_of_an_older_one(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query(
        "select contact_id, last_name, email, is_email_invalid, is_deleted"
        " from stg_salesforce__contacts order by contact_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("bad-email", None, None, True, True),
        ("changed", "New", "new+tag@example.com", False, False),
        ("only-old", "O'Neil", None, False, True),
    ]


def test_repeated_event_is_kept_once_in_its_newest_copy(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query(
        "select message_event_id, channel, is_machine_open from stg_braze__message_events order by 1"
    )
    # Who does not say that a machine opened the mail means a person.
    assert [tuple(row.values()) for row in rows] == [
        ("once", None, False),
        ("proxy", None, True),
        ("repeated", "new", False),
    ]


def test_rows_of_each_device_and_network_add_up(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query("select device, clicks from stg_google_ads__ad_performance order by device, clicks")
    assert [tuple(row.values()) for row in rows] == [("DESKTOP", 2), ("DESKTOP", 4), ("MOBILE", None)]


def test_percent_is_a_share_and_more_than_all_is_unknown(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query("select opportunity_id, win_probability from stg_salesforce__opportunities")
    shares = {row["opportunity_id"]: row["win_probability"] and float(row["win_probability"]) for row in rows}
    assert shares == {"none": None, "lost": 0, "likely": 0.75, "won": 1, "typed": None}


def test_a_visit_over_midnight_is_two_sessions(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query("select session_date from stg_ga360__sessions order by 1")
    assert [row["session_date"] for row in rows] == [date(2026, 11, 19), date(2026, 11, 20)]


def test_impossible_number_becomes_null_and_the_rest_of_the_row_stays(warehouse: DbtWarehouse) -> None:
    (row,) = warehouse.query("select clicks, spend from stg_google_ads__ad_performance where device = 'MOBILE'")
    assert row["clicks"] is None
    assert float(row["spend"]) == 1.234567


def test_straight_apostrophe_is_folded(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query(
        "select last_name_normalized, is_deleted from int_identity__records"
        " where identity_key = 'salesforce:contact:only-old'"
    )
    assert rows == [{"last_name_normalized": "oneil", "is_deleted": True}]
