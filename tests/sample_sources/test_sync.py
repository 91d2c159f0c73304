"""Syncing, against the embedded warehouse: in place by primary key, and Analytics' tables of a day written again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tools.sample_sources.cli import main
from tools.sample_sources.generate import generate
from tools.sample_sources.loader import LoadError
from tools.sample_sources.recipe import Recipe
from tools.sample_sources.sync import sync

DAY_1, DAY_2, DAY_3 = date(2026, 10, 25), date(2026, 10, 26), date(2026, 10, 27)
LEAD = {"id": "00Q1", "status": "Open", "_fivetran_synced": "2026-10-25T09:00:00Z"}

Query = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def project(request) -> str:
    """Return a Google Cloud project of the test's own."""
    return f"sync-{zlib.crc32(request.node.name.encode())}"


def query_of(project: str) -> Query:
    client = bigquery.Client(project, credentials=AnonymousCredentials())
    return lambda sql: [dict(row) for row in client.query(sql).result()]


@pytest.fixture
def query(warehouse_url, project) -> Query:
    """Return a function that queries the project."""
    return query_of(project)


def write(directory: Path, table: str, day: date, *rows: dict[str, Any]) -> None:
    path = directory / "connectors" / table / f"{day}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_later_sync_replaces_the_row_and_leaves_the_others(query, project, tmp_path):
    other = {"id": "00Q2", "status": "Open", "_fivetran_synced": "2026-10-25T10:00:00Z"}
    changed = {"id": "00Q1", "status": "Working", "_fivetran_synced": "2026-10-26T09:00:00Z"}
    write(tmp_path, "salesforce/lead", DAY_1, LEAD, other)
    write(tmp_path, "salesforce/lead", DAY_2, changed)
    sync(tmp_path, DAY_1, DAY_1, project)
    sync(tmp_path, DAY_2, DAY_2, project)
    statuses = "select id, status from salesforce.lead order by id"
    assert [row["status"] for row in query(statuses)] == ["Working", "Open"]
    sync(tmp_path, DAY_1, DAY_1, project)
    assert [row["status"] for row in query(statuses)] == ["Working", "Open"], "an older sync took a newer row's place"


def test_of_the_versions_of_a_day_the_last_is_there(query, project, tmp_path):
    later = {**LEAD, "status": "Working", "_fivetran_synced": "2026-10-25T11:00:00Z"}
    write(tmp_path, "salesforce/lead", DAY_1, LEAD, later)
    assert sync(tmp_path, project=project).rows == 1
    assert query("select status from salesforce.lead") == [{"status": "Working"}]


def test_what_becomes_empty_is_null(query, project, tmp_path):
    write(tmp_path, "salesforce/lead", DAY_1, {**LEAD, "gclid_c": "abc"})
    write(tmp_path, "salesforce/lead", DAY_2, {**LEAD, "_fivetran_synced": "2026-10-26T11:00:00Z"})
    sync(tmp_path, DAY_1, DAY_1, project)
    sync(tmp_path, DAY_2, DAY_2, project)
    assert query("select gclid_c from salesforce.lead") == [{"gclid_c": None}]


def test_a_day_of_analytics_grows_as_late_events_come(query, project, tmp_path):
    event = {"event_date": "20261025", "event_name": "page_view", "user_pseudo_id": "1.2", "platform": "WEB",
             "event_params": [{"key": "ga_session_id", "value": {"int_value": 7}}]}  # fmt: skip
    folder = "analytics_300100200/events_20261025"
    write(tmp_path, folder, DAY_1, event)
    write(tmp_path, folder, DAY_2, {**event, "event_name": "purchase"})
    names = "select event_name from analytics_300100200.events_20261025 order by event_name"
    sync(tmp_path, DAY_1, DAY_1, project)
    assert [row["event_name"] for row in query(names)] == ["page_view"]
    for _ in range(2):
        sync(tmp_path, DAY_2, DAY_2, project)
        assert [row["event_name"] for row in query(names)] == ["page_view", "purchase"]
    (param,) = query(
        "select p.value.int_value as session from analytics_300100200.events_20261025, unnest(event_params) as p "
        "where event_name = 'purchase'"
    )
    assert param["session"] == 7


def test_day_by_day_and_at_once_give_the_same_tables(query, project, tmp_path):
    generate(Recipe(customers=20, start=DAY_1, end=DAY_3), tmp_path / "sample")
    prints = []
    for first, last in ((DAY_1, DAY_1), (DAY_2, DAY_2), (DAY_3, DAY_3), (DAY_1, DAY_3)):
        sync(tmp_path / "sample", first, last, project)
        prints.append(fingerprints(query))
    assert prints[0] != prints[2]
    assert prints[2] == prints[3]
    sync(tmp_path / "sample", project=f"{project}-2")
    assert fingerprints(query_of(f"{project}-2")) == prints[3]


def fingerprints(query: Query) -> dict[str, Any]:
    tables = ("shopify.order", "shopify.refund", "zendesk.ticket_field_history", "google_ads.ad_stats", "braze.user",
              "salesforce.account", "analytics_300100200.events_20261025")  # fmt: skip
    sql = "select count(*) as n, bit_xor(farm_fingerprint(to_json_string(t))) as print from `{}` as t"
    return {table: query(sql.format(table)) for table in tables}


def test_nothing_to_sync_names_the_fix(tmp_path):
    with pytest.raises(LoadError, match="sample_sources generate --out"):
        sync(tmp_path)


def test_a_file_that_is_no_day_names_the_fix(warehouse_url, project, tmp_path):
    write(tmp_path, "salesforce/lead", DAY_1, LEAD)
    folder = tmp_path / "connectors" / "salesforce" / "lead"
    (folder / f"{DAY_1}.ndjson").rename(folder / "october.ndjson")
    with pytest.raises(LoadError, match=r"rename it to YYYY-MM-DD\.ndjson"):
        sync(tmp_path, project=project)


def test_the_command_line_syncs(query, project, tmp_path, capsys):
    write(tmp_path, "salesforce/lead", DAY_1, LEAD)
    assert main(["sync", "--from", str(tmp_path), "--project", project]) == 0
    assert "Synced 1 rows of 1 files" in capsys.readouterr().out
    assert main(["sync", "--from", str(tmp_path), "--project", project, "--start", "2027-01-01"]) == 2
    assert "check --start and --end" in capsys.readouterr().err
