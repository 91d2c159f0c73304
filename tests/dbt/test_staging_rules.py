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
            {**event, "id": "repeated", "link_url": "old", "_fivetran_synced": "2026-11-20T10:00:00Z"},
            {**event, "id": "repeated", "link_url": "new", "_fivetran_synced": "2026-11-21T10:00:00Z"},
            {**event, "id": "once", "_fivetran_synced": "2026-11-20T10:00:00Z"},
        ],
    )
    warehouse.insert(
        "google_ads_ad_performance",
        [
            {
                "date": "2026-11-20",
                **dict.fromkeys(("customer_id", "campaign_id", "ad_group_id", "ad_id"), 1),
                "device": "MOBILE",
                "clicks": -3,
                "cost_micros": 1_234_567,
                "_fivetran_synced": "2026-11-20T10:00:00Z",
            }
        ],
    )
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
    rows = warehouse.query("select message_event_id, link_url from stg_braze__message_events order by 1")
    assert [tuple(row.values()) for row in rows] == [("once", None), ("repeated", "new")]


def test_impossible_number_becomes_null_and_the_rest_of_the_row_stays(warehouse: DbtWarehouse) -> None:
    (row,) = warehouse.query("select clicks, spend from stg_google_ads__ad_performance")
    assert row["clicks"] is None
    assert float(row["spend"]) == 1.234567


def test_straight_apostrophe_is_folded(warehouse: DbtWarehouse) -> None:
    rows = warehouse.query(
        "select last_name_normalized, is_deleted from int_identity__records"
        " where identity_key = 'salesforce:contact:only-old'"
    )
    assert rows == [{"last_name_normalized": "oneil", "is_deleted": True}]
