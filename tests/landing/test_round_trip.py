"""What people did reaches bronze by way of the connectors: each day syncs and lands, then bronze is compared with the
raw rows that the same generator wrote directly.

A connector updates in place, so of the versions of one day the last one lands. A table of events is what the source
knows in the end: an event is in it once, whenever it landed and however often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.ingestion.landed_table import CONNECTION, SYNCED
from martech.ingestion.landing_operator import LandRowsOperator
from martech.warehouse.ddl import load_scripts

from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from tests.landing.raw_rows import AUTOMATIC, LANDINGS, TABLES, Row, by_key, last_of_each_day, typed
from tests.sample_sources.conftest import read_rows
from tools.sample_sources.connectors import connection_of
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe
from tools.sample_sources.sync import sync

RECIPE = Recipe(customers=120, start=date(2026, 11, 3), end=date(2026, 11, 6), seed=7, difficulty="hard")
DAYS = [RECIPE.start + timedelta(days=day) for day in range((RECIPE.end - RECIPE.start).days + 1)]
PROJECT = "round-trip"
BRONZE = settings.layers["bronze"].dataset
ANALYTICS = {name for name, table in TABLES.items() if name.startswith(("ga360", "firebase"))}

# What the systems know and their connectors do not deliver: NULL in bronze.
NOT_DELIVERED = {
    "braze_campaigns": {"description"},
    "braze_users": {"_fivetran_deleted"},
    "firebase_users": {"email", "_fivetran_deleted"},
    "ga360_hits": {"event_category", "event_label"},
    "google_ads_campaigns": {"_fivetran_deleted"},
    "shopify_order_line_items": {"_fivetran_deleted"},
    "shopify_orders": {"phone"},
    "zendesk_satisfaction_ratings": {"_fivetran_deleted"},
}
# What they deliver and no model reads: personal data, NULL in bronze too.
NOT_KEPT = {table.name: set(table.not_kept) for source in load_sources().values() for table in source.tables}
# The same fact as a connector delivers it: column by table, and what becomes of the raw value.
TOLD_OTHERWISE: dict[str, dict[str, Callable[[Any], Any]]] = {
    "braze_users": {
        "devices": lambda devices: [device | {"model": None} for device in devices] if devices else None,
        "custom_attributes": lambda values: {name: value for name, value in values.items() if value is not None},
    },
    # Google Ads reports the day of a click.
    "google_ads_clicks": {"click_timestamp": lambda when: when.replace(hour=0, minute=0, second=0)},
    # GraphQL's codes have no amount.
    "shopify_orders": {
        "discount_codes": lambda codes: (
            [{"code": code["code"], "amount": None, "type": None} for code in codes] if codes else None
        )
    },
}


@dataclass(frozen=True)
class RoundTrip:
    """A sample, and the warehouse in which it landed by way of the connectors.

    :param sample: what the generator wrote.
    :param client: BigQuery client of the warehouse.
    """

    sample: Path
    client: bigquery.Client

    def landed(self, table: str) -> list[Row]:
        """Return the rows of a bronze table."""
        rows = self.client.list_rows(self.client.get_table(f"{PROJECT}.{BRONZE}.{table}"))
        return [typed(table, dict(row)) for row in rows]

    def raw(self, table: str) -> list[Row]:
        """Return the raw rows, in the order of their landing."""
        rows = [typed(table, row) for row in read_rows(self.sample, table)]
        return sorted(rows, key=lambda row: row[SYNCED])


@pytest.fixture(scope="module")
def trip(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> RoundTrip:
    """Sync and land a sample day by day; Analytics' tables of days at the end, as they are complete then."""
    sample = tmp_path_factory.mktemp("round-trip")
    generate(RECIPE, sample)
    client = bigquery.Client(PROJECT, credentials=AnonymousCredentials(), location="US")
    client.create_dataset(BRONZE, exists_ok=True)
    for script in load_scripts(layer_files("bronze"), {**settings.sql_context, "project_id": PROJECT}):
        client.query(script.sql).result()
    for day in DAYS:
        sync(sample, day, day, PROJECT)
        for source, landing in LANDINGS.items():
            if not ANALYTICS & {table.name for table in landing.tables}:
                land(source, [day])
    for source in ("ga360", "firebase"):
        land(source, DAYS)
    return RoundTrip(sample, client)


def dataset_of(source: str) -> str:
    """Return the dataset of the connection that delivers a source."""
    (dataset,) = {found.dataset for table in LANDINGS[source].tables if (found := connection_of(table.name))}
    return dataset


def land(source: str, days: list[date]) -> None:
    landing = replace(LANDINGS[source], datasets=(dataset_of(source),))
    task = LandRowsOperator(
        task_id="land_rows",
        landing=lambda: landing,
        dataset_id=BRONZE,
        days=days,
        project_id=PROJECT,
        location="US",
    )
    task.execute({"ti": SimpleNamespace(dag_id=f"ingest_{source}", task_id="land_rows", run_id="1", try_number=1)})


def expected(table: str, row: Row, without: Iterable[str] = ()) -> Row:
    """Return a raw row as it should land."""
    told = TOLD_OTHERWISE.get(table, {})
    left_out = {CONNECTION, *NOT_DELIVERED.get(table, ()), *NOT_KEPT[table], *without}
    return {name: told.get(name, lambda same: same)(value) for name, value in row.items() if name not in left_out}


def known(table: str, row: Row, without: Iterable[str] = ()) -> Row:
    left_out = {CONNECTION, *NOT_DELIVERED.get(table, ()), *NOT_KEPT[table], *without}
    return {name: value for name, value in row.items() if name not in left_out}


def assert_same(table: str, landed: dict[Any, Row], raw: dict[Any, Row], without: Iterable[str] = ()) -> None:
    assert raw
    assert landed.keys() == raw.keys()
    different = Counter(
        f"{name}: landed {value!r}, raw {expected(table, raw[key], without)[name]!r}"
        for key, row in landed.items()
        for name, value in known(table, row, without).items()
        if value != expected(table, raw[key], without)[name]
    )
    assert not different


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table.appends and "rating" not in name])
def test_every_version_of_a_record_lands(trip, table):
    key = TABLES[table].key
    # Agents answer tickets; the people of the sample are customers.
    landed = [row for row in trip.landed(table) if row.get("role") != "agent"]
    raw = last_of_each_day(table, trip.raw(table))
    assert len(landed) == len(raw)
    assert_same(table, by_key(landed, *key, SYNCED), by_key(raw, *key, SYNCED))


@pytest.mark.parametrize("table", ["braze_message_events", "google_ads_clicks", "firebase_events"])
def test_every_event_lands_once(trip, table):
    key = TABLES[table].key
    landed = trip.landed(table)
    assert len(landed) == len(by_key(landed, *key))
    # Analytics says nothing of landing, and a row that came twice has the time of either.
    assert_same(table, by_key(landed, *key), by_key(trip.raw(table), *key), [SYNCED])


@pytest.mark.parametrize(("table", "columns"), NOT_DELIVERED.items())
def test_what_no_connector_delivers_is_empty(trip, table, columns):
    rows = trip.landed(table)
    assert rows
    assert {row[name] for row in rows for name in columns} == {None}


def test_every_row_names_its_connection(trip):
    for source, landing in LANDINGS.items():
        for table in landing.tables:
            assert {row[CONNECTION] for row in trip.landed(table.name)} == {dataset_of(source)}


def test_a_days_ad_report_is_the_last_that_google_gave(trip):
    key = ("date", "campaign_id", "ad_group_id", "ad_id", "device")
    landed = by_key(trip.landed("google_ads_ad_performance"), *key)
    raw = by_key(trip.raw("google_ads_ad_performance"), *key)
    with_ads = {identity: row for identity, row in raw.items() if row["ad_network_type"] != "MIXED"}
    assert_same("google_ads_ad_performance", {k: row for k, row in landed.items() if row["ad_id"]}, with_ads)
    figures = ("impressions", "clicks", "interactions", "cost_micros", "conversions", "conversions_value")
    assert added(row for row in landed.values() if not row["ad_id"]) == added(
        row for row in raw.values() if row["ad_network_type"] == "MIXED"
    )
    assert {row["ad_network_type"] for row in landed.values() if not row["ad_id"]} == {"MIXED"}
    assert all(any(row[name] for row in landed.values() if not row["ad_id"]) for name in figures[:4])


def added(rows: Iterable[Row]) -> dict[tuple[Any, ...], Counter[str]]:
    """Return the figures of campaigns without ads."""
    sums: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for name in ("impressions", "clicks", "interactions", "cost_micros", "conversions", "conversions_value"):
            sums[row["date"], row["campaign_id"], row["campaign_name"], row["device"]][name] += row[name]
    return sums


def test_a_rating_lands_under_its_ticket(trip):
    table = "zendesk_satisfaction_ratings"
    newest = by_key(sorted(trip.landed(table), key=lambda row: row[SYNCED]), "ticket_id")
    rated = {key: row for key, row in newest.items() if row["score"] in {"good", "bad"}}
    # Its id is the ticket's, and it is created when the ticket is: Zendesk asks for a rating then.
    assert_same(table, rated, by_key(trip.raw(table), "ticket_id"), ["id", "created_at", SYNCED])


def test_an_installation_lands_on_each_day_on_which_it_was_used(trip):
    table = "firebase_users"
    used = {(row["user_pseudo_id"], row["event_date"]) for row in trip.raw("firebase_events")}
    landed = {(row["user_pseudo_id"], row[SYNCED].date()): row for row in trip.landed(table)}
    raw = {(row["user_pseudo_id"], row[SYNCED].date()): row for row in trip.raw(table)}
    assert landed.keys() == used
    asked = ("user_id", "platform", "device_advertising_id", "device_mobile_model_name", "geo_country", "geo_city",
             "first_open_time", "last_active_time", "user_ltv_revenue")  # fmt: skip
    for key, row in landed.items():
        assert {name: row[name] for name in asked} == {name: raw[key][name] for name in asked}


EVENT_NAMES = {"submit": "generate_lead", "checkout": "begin_checkout"}


def sessions_of(rows: Iterable[Row]) -> dict[tuple[str, int], list[Row]]:
    sessions: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["hit_number"]):
        sessions[row["full_visitor_id"], row["visit_id"]].append(row)
    return sessions


def raw_hits(trip: RoundTrip) -> dict[tuple[str, int], list[Row]]:
    return sessions_of(by_key(trip.raw("ga360_hits"), "full_visitor_id", "visit_id", "hit_number").values())


def steps(hits: Iterable[Row]) -> Counter[str]:
    """Return how often a session took each step to a purchase."""
    return Counter(hit["ecommerce_action_type"] for hit in hits if hit["ecommerce_action_type"])


def test_every_hit_lands_in_its_session_and_in_order(trip):
    landed, raw = sessions_of(trip.landed("ga360_hits")), raw_hits(trip)
    assert landed.keys() == raw.keys()
    same = ("date", "hit_time", "type", "page_title", "page_hostname", "event_value", "transaction_id",
            "transaction_revenue")  # fmt: skip
    for session, hits in raw.items():
        done = [hit for hit in landed[session] if hit["event_action"] not in AUTOMATIC]
        assert [[hit[name] for name in same] for hit in done] == [[hit[name] for name in same] for hit in hits]
        assert [hit["is_entrance"] for hit in done] == [hit["is_entrance"] for hit in hits]
        assert [hit["hit_number"] for hit in landed[session]] == list(range(1, len(landed[session]) + 1))
        events = [EVENT_NAMES.get(hit["event_action"], hit["event_action"]) for hit in hits if hit["type"] == "EVENT"]
        assert [hit["event_action"] for hit in done if hit["type"] == "EVENT"] == events
        steps = [
            Counter(filter(None, (hit["ecommerce_action_type"] for hit in part))) for part in (landed[session], hits)
        ]
        assert steps[0] == steps[1]


def test_a_session_whose_hits_have_all_landed_is_the_same(trip):
    table = "ga360_sessions"
    hits = raw_hits(trip)
    raw = by_key(trip.raw(table), "full_visitor_id", "visit_id")
    whole = {key: row for key, row in raw.items() if len(hits.get(key, ())) == row["totals_hits"]}
    assert len(whole) > 0.8 * len(raw)
    landed = by_key(trip.landed(table), "full_visitor_id", "visit_id")
    assert landed.keys() == hits.keys()
    assert_same(table, {key: landed[key] for key in whole}, whole, ["totals_hits", SYNCED])
    events = sessions_of(trip.landed("ga360_hits"))
    assert {key: row["totals_hits"] for key, row in landed.items()} == {key: len(rows) for key, rows in events.items()}


@pytest.mark.parametrize("table", [name for name, columns in NOT_KEPT.items() if columns])
def test_what_no_model_reads_is_not_kept(trip, table):
    rows = trip.landed(table)
    assert rows
    assert {row[name] for row in rows for name in NOT_KEPT[table]} == {None}


def test_people_have_told_what_is_not_kept(trip):
    told = {
        table for table, columns in NOT_KEPT.items() if any(row[name] for row in trip.raw(table) for name in columns)
    }
    assert len(told) >= 7
