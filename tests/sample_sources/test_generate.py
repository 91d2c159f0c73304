"""The generator: same bytes for the same recipe, rows that fit the DDL, and within their period."""

from __future__ import annotations

import filecmp
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.pipeline.layer_ddl import table_statement
from include.pipeline.sources import load_sources
from tests.sample_sources.conftest import RECIPE, read_rows
from tools.sample_sources.cli import main
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import GenerateError, Recipe
from tools.sample_sources.validate import RowChecker

TABLES = {table.name: table for source in load_sources().values() for table in source.tables}
SMALL = Recipe(customers=40, start=date(2026, 10, 25), end=date(2026, 11, 3), seed=3)
DAYS = [(RECIPE.start + timedelta(days=day)).isoformat() for day in range((RECIPE.end - RECIPE.start).days + 1)]
SHARED = frozenset(
    {"google_ads_ad_performance", "google_ads_campaigns", "braze_campaigns", "ad_stats", "campaign_stats"}
)  # not by person


def files(directory: Path) -> set[Path]:
    return {path.relative_to(directory) for path in directory.rglob("*") if path.is_file()}


def lines(directory: Path, leave_out: frozenset[str] = SHARED) -> set[str]:
    return {
        f"{path.relative_to(directory)} {line}"
        for path in directory.rglob("*.ndjson")
        if not leave_out & set(path.relative_to(directory).parts)
        for line in path.read_text().splitlines()
    }


def test_the_same_recipe_gives_the_same_bytes(tmp_path):
    generate(SMALL, tmp_path / "a")
    generate(SMALL, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    _, different, unreadable = filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", files(tmp_path / "a"), shallow=False)
    assert not different
    assert not unreadable


def test_another_seed_gives_other_rows(tmp_path):
    generate(SMALL, tmp_path / "a")
    generate(replace(SMALL, seed=4), tmp_path / "b")
    # Ids follow from the person's number, so the truth and the connectors' links have some lines in common.
    unlike = SHARED | {"truth", "connectors"}
    assert not lines(tmp_path / "a", unlike) & lines(tmp_path / "b", unlike)


def test_more_customers_leave_the_first_ones_as_they_are(tmp_path):
    generate(SMALL, tmp_path / "few")
    generate(replace(SMALL, customers=80), tmp_path / "many")
    assert lines(tmp_path / "few") < lines(tmp_path / "many")


def test_a_longer_period_goes_on_where_a_shorter_one_ended(tmp_path):
    generate(SMALL, tmp_path / "short")
    generate(replace(SMALL, end=SMALL.end + timedelta(days=5)), tmp_path / "long")
    for table in TABLES:
        for path in (tmp_path / "short" / table).glob("*.ndjson"):
            assert path.read_bytes() == (tmp_path / "long" / table / path.name).read_bytes(), path


@pytest.mark.parametrize("table", TABLES)
def test_every_row_fits_the_ddl(rows, table):
    checker = RowChecker(table_statement("bronze", table))
    assert rows(table)
    assert [fault for row in rows(table) if (fault := checker.fault(json.dumps(row)))] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_used(rows, table):
    # Rare things, such as a subsidiary, need more companies than the small sample has.
    rare = {"parent_id", "note", "cancelled_at", "cancel_reason", "email_bounced_date", "tags", "properties"}
    # Landing writes from which connection a row is; the sample loads its rows itself.
    used = {name for row in rows(table) for name in row} | {"_connection"}
    assert {column.name for column in table_statement("bronze", table).columns} - used - rare == set()


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_in_the_file_of_their_day_of_landing(sample, table):
    paths = list((sample / table).glob("*.ndjson"))
    assert {path.stem for path in paths} <= set(DAYS)
    for path in paths:
        for line in path.open():
            assert json.loads(line)["_fivetran_synced"][:10] == path.stem


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table.kind == "event"])
def test_events_land_on_their_day_or_up_to_three_days_later(rows, table):
    late = set()
    for row in rows(table):
        happened, landed = row[TABLES[table].partition_field], row["_fivetran_synced"][:10]
        late.add((date.fromisoformat(landed) - date.fromisoformat(happened)).days)
    assert late <= {0, 1, 2, 3}
    assert late > {0}, "some rows must be late"


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table.expect == "daily"])
def test_daily_tables_have_rows_for_each_day(rows, table):
    days = {row[TABLES[table].partition_field][:10] for row in rows(table)}
    assert days == set(DAYS)


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table.kind == "entity"])
def test_records_from_before_the_period_land_once_on_the_first_day(rows, table):
    key = {"firebase_users": "user_pseudo_id", "braze_users": "external_id"}.get(table, "id")
    initial_sync = f"{DAYS[0]}T01:00:00Z"
    keys = [row[key] for row in rows(table) if row["_fivetran_synced"] == initial_sync]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        ({"customers": 0}, "give at least 1"),
        ({"end": date(2026, 1, 1)}, "swap them"),
        ({"difficulty": "cruel"}, "normal, hard"),
        ({"seed": -1}, "0 or more"),
    ],
)
def test_a_recipe_without_sense_names_the_fix(change, fix):
    with pytest.raises(GenerateError, match=fix):
        replace(SMALL, **change)


def test_a_foreign_directory_is_not_emptied(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(GenerateError, match="new or empty directory"):
        generate(SMALL, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_command_line_writes_a_directory_and_writes_it_anew(tmp_path, capsys):
    command = [
        "generate",
        "--customers",
        "20",
        "--start",
        "2026-10-25",
        "--end",
        "2026-10-27",
        "--out",
        str(tmp_path / "x"),
    ]
    assert main(command) == 0
    first = lines(tmp_path / "x")
    assert main(command) == 0
    assert lines(tmp_path / "x") == first
    assert "Wrote" in capsys.readouterr().out
    assert json.loads((tmp_path / "x" / "manifest.json").read_text())["complete"] is True


def test_the_command_line_tells_errors_without_a_traceback(tmp_path, capsys):
    assert main(["generate", "--start", "2026-10-25", "--end", "2026-10-01", "--out", str(tmp_path)]) == 2
    assert "swap them" in capsys.readouterr().err


def test_money_adds_up(rows):
    for order in rows("shopify_orders"):
        parts = [float(order[name]) for name in ("subtotal_price", "total_tax", "total_shipping_price")]
        assert float(order["total_price"]) == pytest.approx(sum(parts), abs=0.005)
        assert float(order["total_refunded"]) <= float(order["total_price"]) + 0.005


def test_web_orders_are_the_transactions_of_sessions(rows):
    orders = {order["name"] for order in rows("shopify_orders")}
    transactions = {hit["transaction_id"] for hit in rows("ga360_hits") if hit["type"] == "TRANSACTION"}
    assert transactions
    assert transactions <= orders


def test_ad_clicks_are_those_of_the_report_and_of_sessions(rows):
    newest: dict[tuple, dict] = {}
    for row in rows("google_ads_ad_performance"):
        key = row["date"], row["ad_id"], row["device"]
        if key not in newest or row["_fivetran_synced"] > newest[key]["_fivetran_synced"]:
            newest[key] = row
    reported = sum(row["clicks"] for row in newest.values())
    clicks = {row["gclid"] for row in rows("google_ads_clicks")}
    # Clicks of the last days are still on their way.
    assert 0.97 * reported <= len(clicks) <= reported
    seen = {row["traffic_source_gclid"] for row in rows("ga360_sessions") if row.get("traffic_source_gclid")}
    assert len(clicks & seen) > 0.9 * len(clicks)
    leads = {row["gclid__c"] for row in rows("salesforce_leads") if row.get("gclid__c")}
    assert leads & clicks


def test_read_rows_reads_what_was_written(sample, rows):
    manifest = json.loads((sample / "manifest.json").read_text())
    assert {table: len(read_rows(sample, table)) for table in TABLES} == {t: manifest["rows"][t] for t in TABLES}
