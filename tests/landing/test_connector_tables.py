"""Land the tables of all connectors: every bronze table is filled, and what a connector has arrives."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from martech.ingestion.landed_table import LandedTable
from martech.ingestion.landing_columns import normalized

from include.landing.declared_landings import load_landings
from include.pipeline.sources import load_sources
from tests.landing.conftest import Warehouse
from tests.landing.connectors import CONNECTOR_TABLES
from tests.landing.samples import add_ratings, make_analytics, make_braze, make_click_report

FOLDERS = {
    "salesforce": ["salesforce"],
    "zendesk": ["zendesk"],
    "google_ads": ["google_ads"],
    "shopify_rest": ["shopify"],
    "shopify_graphql": ["shopify"],
    "ga4_fivetran": ["ga360", "firebase"],
}
ALL_DAYS = [date(2016, 1, 1) + timedelta(days=day) for day in range(4000)]
# What SQL makes of these is tested by value in test_landed_values.py.
DERIVED = {
    "_fivetran_synced",
    "fulfillment_status",
    "end_date",
    "ad_group_id",
    "price",
    "ad_network_type",
    "_fivetran_deleted",
}


@pytest.fixture(scope="module")
def landed(warehouse: Warehouse) -> Warehouse:
    """All connectors' tables, landed."""
    for folder, sources in FOLDERS.items():
        warehouse.connectors.make_tables(folder, folder)
        if folder == "google_ads":
            make_click_report(warehouse.connectors, folder)
        if folder == "zendesk":
            add_ratings(warehouse.connectors, folder)
        if folder == "ga4_fivetran":
            # The packages' tests made up what Analytics has otherwise: session ids are numbers, events have names.
            project = warehouse.client.project
            warehouse.query(
                f"create or replace table `{project}.{folder}.event` as select * replace ("
                "cast(regexp_extract(param_ga_session_id, r'[0-9]+') as int64) as param_ga_session_id, "
                f"coalesce(name, 'page_view') as name) from `{project}.{folder}.event`"
            )
        for source in sources:
            warehouse.land(source, folder, days=ALL_DAYS)
    make_braze(warehouse.connectors, "braze")
    warehouse.land("braze", "braze", days=ALL_DAYS)
    make_analytics(warehouse.connectors, "analytics_1")
    days = [date(2026, 11, 20)]
    for source in ("ga360", "firebase"):
        warehouse.land(source, "analytics_1", days=days)
    return warehouse


@pytest.mark.parametrize("table", [table.name for source in load_sources().values() for table in source.tables])
def test_every_bronze_table_is_filled(landed: Warehouse, table: str) -> None:
    assert landed.rows(table)


def test_every_file_is_read_by_a_landing(landed: Warehouse) -> None:
    read = {
        normalized(name)
        for landing in load_landings().values()
        for table in landing.tables
        for source in table.inputs
        for name in source.names
    }
    unread = [path for path in CONNECTOR_TABLES.glob("*/*.csv") if normalized(path.stem) not in read]
    assert unread == []


def same(given: str, landed: Any) -> bool:
    """Return whether a landed value is that of the file, whatever its type and case."""
    given = given.strip()
    if isinstance(landed, bool):
        return landed == (given.lower() in ("true", "1"))
    if isinstance(landed, datetime):
        return landed == datetime.fromisoformat(given.replace(" UTC", "").replace("T", " ")).replace(tzinfo=UTC)
    if isinstance(landed, date):
        return landed.isoformat() == given[:10]
    if isinstance(landed, int | float | Decimal):
        return Decimal(str(landed)) == Decimal(given)
    return str(landed).lower() == given.lower()


def plain_columns(table: LandedTable) -> list[tuple[str, tuple[str, ...]]]:
    """Return the columns that come from the first table of a landing as they are, with the connector's names."""
    return [
        (column.name, column.names)
        for column in table.inputs[0].columns
        if column.names and column.name in table.columns and column.name not in DERIVED
    ]


def file_of(folder: str, table: LandedTable) -> Path:
    """Return the file of the table whose rows a bronze table has."""
    return CONNECTOR_TABLES / folder / f"{table.inputs[0].names[0]}.csv"


def cases() -> list[Any]:
    """Return each bronze table with the files of its connector that fill it."""
    return [
        pytest.param(folder, table, id=f"{folder}-{table.name}")
        for folder, sources in FOLDERS.items()
        for source in sources
        for table in load_landings()[source].tables
        if "id" in dict(plain_columns(table))
        and (CONNECTOR_TABLES / folder / f"{table.inputs[0].names[0]}.csv").exists()
    ]


@pytest.mark.parametrize(("folder", "table"), cases())
def test_what_a_connector_has_arrives(landed: Warehouse, folder: str, table: LandedTable) -> None:
    with file_of(folder, table).open(newline="") as file:
        given = list(csv.DictReader(file))
    rows = {str(row["id"]): row for row in landed.rows(table.name) if row["_connection"] == folder}
    newest = {row["id"]: row for row in given}
    assert rows.keys() == newest.keys()
    compared = 0
    for key, row in newest.items():
        spelled = {normalized(name): value for name, value in row.items()}
        for column, names in plain_columns(table):
            value = next((spelled[normalized(name)] for name in names if normalized(name) in spelled), "").strip()
            if value:
                assert same(value, rows[key][column]), f"{column} of {key}: {value} in the file, {rows[key][column]}"
                compared += 1
    assert compared >= len(newest)


def test_columns_that_a_connector_lacks_are_named(warehouse: Warehouse, landed: Warehouse) -> None:
    result = landed.land("shopify", "shopify_graphql", days=ALL_DAYS, results_table=None)
    assert "order.phone" in result["shopify_orders"]["missing"], result["shopify_orders"]
    assert "phone" in result["shopify_orders"]["empty"]
