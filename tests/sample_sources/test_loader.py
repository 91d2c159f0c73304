"""The loader, against the embedded warehouse: what lands, what is rejected, and what a second load does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from include.pipeline.layer_ddl import table_statement
from include.pipeline.sources import load_sources
from tests.sample_sources.conftest import read_rows
from tools.sample_sources.cli import main
from tools.sample_sources.generate import generate
from tools.sample_sources.loader import LoadError, load
from tools.sample_sources.recipe import Recipe
from tools.sample_sources.validate import RowChecker

DAY = "2026-10-26"
PARTITION_FIELDS = {table.name: table.partition_field for source in load_sources().values() for table in source.tables}
RATING = {
    "id": 1,
    "ticket_id": 2,
    "score": "good",
    "created_at": f"{DAY}T08:00:00Z",
    "_fivetran_synced": f"{DAY}T09:00:00Z",
}


@pytest.fixture
def small(tmp_path) -> Path:
    """Return a directory with three days of a few people."""
    generate(Recipe(customers=40, start=date(2026, 10, 25), end=date(2026, 10, 27)), tmp_path / "small")
    return tmp_path / "small"


def write(directory: Path, *lines: object, table: str = "zendesk_satisfaction_ratings") -> Path:
    """Write lines as a raw file; what is not text is written as JSON."""
    path = directory / table / f"{DAY}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def count(warehouse, table: str, where: str = "true") -> int:
    # BigQuery reads none of these tables without a filter on its partitions.
    every_day = f"{PARTITION_FIELDS[table]} >= '2000-01-01'"
    rows = warehouse.query(f"select count(*) from raw_data.{table} where {every_day} and {where}").result()
    return next(iter(rows))[0]


def test_all_rows_land_with_their_values(warehouse, small):
    summary = load(small)
    assert not summary.failed
    tables = [path.name for path in small.iterdir() if path.is_dir() and path.name not in {"truth", "connectors"}]
    for table in tables:
        assert count(warehouse, table) == len(read_rows(small, table))
    assert summary.rows == sum(len(read_rows(small, table)) for table in tables)
    written = {row["id"]: row for row in read_rows(small, "shopify_orders") if row.get("discount_codes")}
    found = warehouse.query(
        "select id, any_value(total_price) as total_price, any_value(json_value(discount_codes, '$[0].code')) as code "
        "from raw_data.shopify_orders where _fivetran_synced >= '2000-01-01' and discount_codes is not null group by id"
    ).result()
    landed = {row["id"]: (float(row["total_price"]), row["code"]) for row in found}
    assert landed == {
        id_: (float(row["total_price"]), row["discount_codes"][0]["code"]) for id_, row in written.items()
    }


def test_loading_again_changes_nothing(warehouse, small):
    load(small)
    before = {table: count(warehouse, table) for table in ("shopify_orders", "ga360_hits", "firebase_users")}
    load(small)
    assert {table: count(warehouse, table) for table in before} == before


def test_a_file_replaces_what_landed_on_its_day_and_no_other(warehouse, small):
    load(small)
    days = "date(_fivetran_synced)"
    others = count(warehouse, "ga360_sessions", f"{days} != '{DAY}'")
    session = read_rows(small, "ga360_sessions")[-1] | {"date": DAY, "_fivetran_synced": f"{DAY}T12:00:00Z"}
    write(small, session, table="ga360_sessions")
    load(small, tables=["ga360_sessions"], start=date(2026, 10, 26), end=date(2026, 10, 26))
    assert count(warehouse, "ga360_sessions", f"{days} = '{DAY}'") == 1
    assert count(warehouse, "ga360_sessions", f"{days} != '{DAY}'") == others


def test_bad_lines_go_to_the_rejects_and_the_others_land(zendesk_warehouse, tmp_path):
    write(
        tmp_path,
        RATING,
        "{half a row",
        {**RATING, "id": "seven"},
        {key: value for key, value in RATING.items() if key != "ticket_id"},
        {**RATING, "mood": "sunny"},
        ["a", "list"],
        {**RATING, "created_at": "yesterday"},
        {**RATING, "id": 2},
    )
    summary = load(tmp_path, tables=["zendesk_satisfaction_ratings"])
    assert count(zendesk_warehouse, "zendesk_satisfaction_ratings") == summary.rows == 2
    rejects = read_rows(tmp_path / "rejects", "zendesk_satisfaction_ratings")
    assert [reject["line"] for reject in rejects] == [2, 3, 4, 5, 6, 7]
    reasons = [reject["reason"] for reject in rejects]
    expected = [
        "not JSON",
        "column id is no INT64: 'seven'",
        "required column ticket_id is missing",
        "column mood is not in the DDL",
        "not an object",
        "column created_at is no TIMESTAMP: 'yesterday'",
    ]
    assert all(part in reason for part, reason in zip(expected, reasons, strict=True))
    assert "6 of 8 lines rejected" in summary.warnings[0]
    assert f"rejects/zendesk_satisfaction_ratings/{DAY}.ndjson" in summary.warnings[0]


def test_rows_of_another_day_are_rejected_since_a_reload_would_double_them(zendesk_warehouse, tmp_path):
    write(tmp_path, RATING, {**RATING, "_fivetran_synced": "2026-10-27T00:00:00Z"})
    assert load(tmp_path, tables=["zendesk_satisfaction_ratings"]).rows == 1
    (reject,) = read_rows(tmp_path / "rejects", "zendesk_satisfaction_ratings")
    assert reject["reason"] == f"_fivetran_synced is 2026-10-27T00:00:00Z, the file is for {DAY}"


@pytest.mark.parametrize(("happened", "fits"), [("2026-10-26", True), ("2026-10-23", True), ("2026-10-22", False)])
def test_events_land_within_days_of_what_they_tell(happened, fits):
    checker = RowChecker(table_statement("bronze", "google_ads_clicks"), "date")
    row = {
        "date": happened,
        "gclid": "g",
        "customer_id": 1,
        "campaign_id": 2,
        "click_timestamp": f"{happened}T08:00:00Z",
    }
    fault = checker.fault(json.dumps(row | {"_fivetran_synced": f"{DAY}T09:00:00Z"}), date.fromisoformat(DAY))
    assert (fault is None) == fits


def test_corrected_lines_leave_no_rejects(zendesk_warehouse, tmp_path):
    write(tmp_path, "{half a row")
    load(tmp_path, tables=["zendesk_satisfaction_ratings"])
    write(tmp_path, RATING)
    assert load(tmp_path, tables=["zendesk_satisfaction_ratings"]).warnings == []
    assert not list((tmp_path / "rejects").rglob("*.ndjson"))


def test_an_empty_file_is_a_warning_that_names_the_fix(zendesk_warehouse, tmp_path):
    write(tmp_path)
    summary = load(tmp_path, tables=["zendesk_satisfaction_ratings"])
    assert summary.rows == 0
    assert "is empty" in summary.warnings[0]
    assert "generate again" in summary.warnings[0]


def test_a_table_without_files_is_named(zendesk_warehouse, tmp_path):
    write(tmp_path, RATING)
    summary = load(tmp_path, tables=["zendesk_satisfaction_ratings", "zendesk_users"])
    assert summary.rows == 1
    assert "No files for zendesk_users" in summary.warnings[0]


def test_a_table_that_fails_does_not_stop_the_others(zendesk_warehouse, tmp_path):
    write(tmp_path, RATING)
    write(tmp_path, {"id": 5, "_fivetran_synced": f"{DAY}T09:00:00Z"}, table="zendesk_users")
    # Somebody changed the table by hand: the declared schema no longer fits.
    zendesk_warehouse.query("drop table raw_data.zendesk_users").result()
    zendesk_warehouse.query("create table raw_data.zendesk_users (id array<date>, _fivetran_synced timestamp)").result()
    summary = load(tmp_path, tables=["zendesk_satisfaction_ratings", "zendesk_users"])
    assert summary.failed
    assert count(zendesk_warehouse, "zendesk_satisfaction_ratings") == 1
    assert any(warning.startswith(f"zendesk_users {DAY}: not loaded") for warning in summary.warnings)


def test_a_missing_bronze_table_names_the_fix(zendesk_warehouse, tmp_path):
    write(tmp_path, RATING)
    zendesk_warehouse.query("drop table raw_data.zendesk_satisfaction_ratings").result()
    with pytest.raises(LoadError, match="run the DAG create_warehouse first"):
        load(tmp_path, tables=["zendesk_satisfaction_ratings"])


@pytest.mark.parametrize(
    ("directory", "tables", "fix"),
    [
        ("nowhere", None, "sample_sources generate --out"),
        (".", None, "generate them"),
        (".", ["shopify_carts"], "choose from braze_campaigns"),
    ],
)
def test_nothing_to_load_names_the_fix(tmp_path, directory, tables, fix):
    with pytest.raises(LoadError, match=fix):
        load(tmp_path / directory, tables)


def test_a_file_that_is_no_day_names_the_fix(tmp_path):
    write(tmp_path, RATING).rename(tmp_path / "zendesk_satisfaction_ratings" / "october.ndjson")
    with pytest.raises(LoadError, match=r"rename it to YYYY-MM-DD\.ndjson"):
        load(tmp_path)


def test_the_command_line_reports_the_load(zendesk_warehouse, tmp_path, capsys):
    write(tmp_path, RATING, "{half a row")
    assert main(["load", "--from", str(tmp_path), "--tables", "zendesk_satisfaction_ratings"]) == 0
    out = capsys.readouterr().out
    assert f"{DAY}: 1 rows" in out
    assert "1 of 2 lines rejected" in out
    assert main(["load", "--from", str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "column", "good", "bad"),
    [
        ("shopify_orders", "total_price", "12.50", "12,50"),
        ("shopify_orders", "total_price", 12, "NaN"),
        ("shopify_orders", "order_number", 2**62, 2**63),
        ("shopify_orders", "order_number", 1, True),
        ("shopify_orders", "test", False, "false"),
        ("shopify_orders", "email", "a@b.example", 7),
        ("google_ads_campaigns", "start_date", "2026-02-28", "2026-02-30"),
        ("salesforce_opportunities", "probability", 25.0, "25"),
    ],
)
def test_types_are_those_of_the_ddl(table, column, good, bad):
    checker = RowChecker(table_statement("bronze", table))
    required = {"id": 1, "customer_id": 1, "_fivetran_synced": f"{DAY}T09:00:00Z"}
    if table == "salesforce_opportunities":
        required = {"id": "006", "_fivetran_synced": f"{DAY}T09:00:00Z"}
    assert checker.fault(json.dumps(required | {column: good})) is None
    assert column in checker.fault(json.dumps(required | {column: bad}))
