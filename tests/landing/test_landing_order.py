"""Any order and repetition of landings of any windows gives the same bronze."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.landing.conftest import Warehouse
from tests.landing.samples import make_analytics

FIRST, LAST = date(2026, 11, 17), date(2026, 11, 21)
DAYS = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days + 1)]
TABLES = {
    "salesforce": ("salesforce_accounts", "salesforce_opportunities"),
    "google_ads": ("google_ads_campaigns", "google_ads_ad_performance"),
    "ga360": ("ga360_sessions", "ga360_hits"),
}
TIME = "TIMESTAMP"


@pytest.fixture(scope="module")
def connected(warehouse: Warehouse) -> Warehouse:
    """Connectors whose rows synced, or happened, on five days."""
    connectors = warehouse.connectors
    make_analytics(connectors, "ga360")
    for day in (17, 18):
        connectors.client.query(
            f"create table `{connectors.client.project}.ga360.events_202611{day}` as "
            f"select * from `{connectors.client.project}.ga360.events_20261119`"
        ).result()
    connectors.make_dataset("salesforce")
    connectors.make_table(
        "salesforce",
        "account",
        {"id": "STRING", "_fivetran_synced": TIME},
        [{"id": f"account-{day}", "_fivetran_synced": f"{day} 23:59:59.999999"} for day in DAYS],
    )
    connectors.make_table(
        "salesforce",
        "opportunity",
        {"id": "STRING", "_fivetran_synced": TIME},
        [{"id": "o-1", "_fivetran_synced": f"{FIRST} 00:00:00"}],
    )
    connectors.make_table(
        "salesforce",
        "opportunity_contact_role",
        {"opportunity_id": "STRING", "contact_id": "STRING", "is_primary": "BOOL", "_fivetran_synced": TIME},
        [{"opportunity_id": "o-1", "contact_id": "c", "is_primary": True, "_fivetran_synced": f"{LAST} 00:00:00"}],
    )
    connectors.make_dataset("google_ads")
    connectors.make_table(
        "google_ads",
        "campaign_history",
        {"id": "INT64", "customer_id": "INT64", "updated_at": TIME, "_fivetran_synced": TIME},
        [{"id": n, "customer_id": 9, "updated_at": f"{d} 01:00:00", "_fivetran_synced": f"{d} 02:00:00"}
         for n, d in enumerate(DAYS)],
    )  # fmt: skip
    connectors.make_table(
        "google_ads",
        "ad_stats",
        {"date": "DATE", "customer_id": "INT64", "campaign_id": "INT64", "ad_group_id": "INT64", "ad_id": "INT64",
         "device": "STRING", "ad_network_type": "STRING", "clicks": "INT64", "_fivetran_synced": TIME},
        [{"date": str(day), "customer_id": 9, "campaign_id": 1, "ad_group_id": 2, "ad_id": 3, "device": "MOBILE",
          "ad_network_type": network, "clicks": 5, "_fivetran_synced": f"{day} 02:00:00"}
         for day in DAYS for network in ("SEARCH", "CONTENT")],
    )  # fmt: skip
    return warehouse


def land(warehouse: Warehouse, source: str, days: list[date]) -> None:
    """Land days of the source's tables that are compared."""
    warehouse.land(source, source, days=days, only=TABLES[source])


def content(warehouse: Warehouse, source: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a source's tables in one order."""
    return {table: warehouse.rows(table) for table in TABLES[source]}


@pytest.fixture(scope="module")
def landed_at_once(connected: Warehouse) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """What one landing of all days gives."""
    found = {}
    for source, tables in TABLES.items():
        land(connected, source, DAYS)
        found[source] = content(connected, source)
        connected.empty(*tables)
        assert all(found[source].values())
    return found


@st.composite
def windows(draw: st.DrawFn) -> list[list[date]]:
    """Return windows that cover all days, in any order and with repetitions."""
    bounds = st.tuples(st.integers(0, len(DAYS) - 1), st.integers(0, len(DAYS) - 1)).map(sorted)
    chosen = draw(st.lists(bounds, max_size=2))
    covered = {day for low, high in chosen for day in range(low, high + 1)}
    rest = [(day, day) for day in range(len(DAYS)) if day not in covered]
    return [DAYS[low : high + 1] for low, high in draw(st.permutations([*chosen, *rest]))]


@pytest.mark.parametrize("source", list(TABLES))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(runs=windows())
def test_any_order_of_windows_gives_the_same_bronze(
    connected: Warehouse, landed_at_once: dict[str, Any], source: str, runs: list[list[date]]
) -> None:
    connected.empty(*TABLES[source])
    for days in runs:
        land(connected, source, days)
    assert content(connected, source) == landed_at_once[source]


@pytest.mark.parametrize("source", list(TABLES))
def test_a_rerun_changes_nothing(connected: Warehouse, landed_at_once: dict[str, Any], source: str) -> None:
    connected.empty(*TABLES[source])
    for _ in range(2):
        land(connected, source, DAYS)
    assert content(connected, source) == landed_at_once[source]


def test_a_row_that_came_after_its_day_had_landed_lands_with_the_next_day(connected: Warehouse) -> None:
    connected.empty("salesforce_accounts")
    land(connected, "salesforce", [FIRST])
    table = f"`{connected.client.project}.salesforce.account`"
    connected.query(f"insert into {table} (id, _fivetran_synced) values ('late', timestamp '{FIRST} 23:00:00')")
    try:
        land(connected, "salesforce", [FIRST + timedelta(days=1)])
        assert ("late", FIRST) in {
            (row["id"], row["_fivetran_synced"].date()) for row in connected.rows("salesforce_accounts")
        }
    finally:
        connected.query(f"delete from {table} where id = 'late'")


def test_an_older_version_stays_when_a_newer_one_has_replaced_it_in_the_connector(connected: Warehouse) -> None:
    connected.empty("salesforce_accounts")
    land(connected, "salesforce", DAYS)
    table = f"`{connected.client.project}.salesforce.account`"
    connected.query(f"update {table} set _fivetran_synced = timestamp '2026-11-22 08:00:00' where id like '%-17'")
    try:
        land(connected, "salesforce", [date(2026, 11, 22)])
        land(connected, "salesforce", [FIRST])
        versions = [row["_fivetran_synced"].day for row in connected.rows("salesforce_accounts") if "-17" in row["id"]]
        assert sorted(versions) == [17, 22]
    finally:
        connected.query(
            f"update {table} set _fivetran_synced = timestamp '2026-11-17 23:59:59.999999' where id like '%-17'"
        )
