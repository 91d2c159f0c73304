from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from martech.ingestion.partition_checks import (
    SourceDay,
    check_freshness,
    check_partition_exists,
    check_row_count,
    check_schema,
    looks_double,
    was_synced_later,
)
from martech.ingestion.volumes import Occasion, Usual, VolumeRules

DAY = date(2026, 11, 22)
TABLE = "raw_data.zendesk_tickets"


RULES = VolumeRules(near_zero=0.01, copies=0.3)


def test_missing_partition_names_table_day_and_fix() -> None:
    result = check_partition_exists(TABLE, DAY, 0)
    assert result.is_blocking
    assert result.message == (
        "raw_data.zendesk_tickets has no partition 2026-11-22: the day's data has not landed. "
        "Check the Fivetran connector's sync log, then clear this task."
    )


def test_sparse_table_may_have_no_partition() -> None:
    result = check_partition_exists(TABLE, DAY, 0, sparse=True)
    assert result.passed
    assert "normal" in result.message


@pytest.mark.parametrize(
    ("newest", "passed"),
    [
        (datetime(2026, 11, 22, 18, 0, tzinfo=UTC), True),  # exactly as old as allowed
        (datetime(2026, 11, 22, 17, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 24, tzinfo=UTC), True),  # landed a month late
        (None, False),
    ],
)
def test_freshness_is_judged_by_the_end_of_the_data_day(newest: datetime | None, passed: bool) -> None:
    assert check_freshness(TABLE, DAY, newest, timedelta(hours=6)).passed is passed


def test_late_table_says_when_it_stopped() -> None:
    result = check_freshness(TABLE, DAY, datetime(2026, 11, 22, 3, tzinfo=UTC), timedelta(hours=6))
    assert result.is_blocking
    assert "is late for 2026-11-22: its newest row landed at 2026-11-22 03:00 UTC" in result.message
    assert "expected 2026-11-22 18:00 UTC or later" in result.message
    assert "re-sync the Fivetran connector" in result.message


# Rows of a day whose usual is 500, with a band of 0.5 to 2.
VOLUMES = {
    "as usual": (500, 0, "passes"),
    "half": (250, 0, "passes"),
    "a quiet day": (100, 0, "warns"),
    "ten of five hundred": (10, 0, "warns"),
    "near zero": (4, 0, "blocks"),
    "one of five hundred": (1, 0, "blocks"),
    "nothing, which another check finds": (0, 0, "warns"),
    "three times": (1500, 0, "warns"),
    "ten times": (5000, 0, "warns"),
    "landed twice": (1000, 500, "blocks"),
    "a tenth landed twice": (1000, 100, "passes"),
}


@pytest.mark.parametrize("case", VOLUMES)
def test_volume_blocks_only_near_zero_and_at_double_landing(case: str) -> None:
    rows, copies, outcome = VOLUMES[case]
    result = check_row_count(TABLE, DAY, rows, Usual(500, "so it is"), band=(0.5, 2.0), rules=RULES, copies=copies)
    assert ("passes" if result.passed else "blocks" if result.is_blocking else "warns") == outcome
    assert f"has {rows} rows for 2026-11-22, expected 250 to 1000 rows (usual: 500, so it is)" in result.message


@pytest.mark.parametrize(
    ("rows", "copies", "hint"),
    [(1, 0, "run the DAG for it with accept_checks"), (100, 0, "partial sync"), (1000, 500, "the day landed twice")],
)
def test_volume_says_what_to_do(rows: int, copies: int, hint: str) -> None:
    usual = Usual(500, "so it is")
    assert hint in check_row_count(TABLE, DAY, rows, usual, band=(0.5, 2.0), rules=RULES, copies=copies).message


def test_row_count_is_not_judged_without_history() -> None:
    result = check_row_count(TABLE, DAY, 1, None, band=(0.5, 2.0), rules=RULES)
    assert result.passed
    assert "not checked, too few days of history" in result.message


def test_the_calendar_widens_the_band_and_is_named() -> None:
    black_friday = Occasion("Black Friday", (0.5, 2.0), month=11, weekday="thursday", nth=4, plus=1)
    usual = Usual(500, "so it is", black_friday)
    result = check_row_count(TABLE, DAY, 1500, usual, band=(0.5, 2.0), rules=RULES)
    assert result.passed
    assert result.expected == "125 to 2000 rows (usual: 500, so it is) on Black Friday"


@pytest.mark.parametrize("rows", [100, 749, 750, 5000])
def test_copies_are_looked_for_from_one_and_a_half_times_the_usual(rows: int) -> None:
    assert looks_double(rows, Usual(500, "")) is (rows >= 750)
    assert not looks_double(rows, None)


MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
# Newest row of the table at 03:00 of a day, where 12 hours before its end are allowed.
LATE = {
    "only the table is known": (None, "blocks"),
    "the whole source stopped": (SourceDay(rows=5000, newest=NOON - timedelta(hours=1)), "blocks"),
    "the connector's sync succeeded before the end": (
        SourceDay(rows=5000, newest=NOON - timedelta(hours=1), delivered_at=NOON),
        "blocks",
    ),
    "other tables went on": (SourceDay(rows=5000, newest=NOON), "warns"),
    "a source with a few rows a day": (SourceDay(rows=23, newest=NOON - timedelta(hours=1)), "warns"),
    "a source with a row an hour": (SourceDay(rows=24, newest=NOON - timedelta(hours=1)), "blocks"),
    "another table was synced after midnight": (SourceDay(rows=5000, newest=MIDNIGHT), "passes"),
    "the connector's sync succeeded after midnight": (
        SourceDay(rows=5000, newest=NOON - timedelta(hours=1), delivered_at=MIDNIGHT),
        "passes",
    ),
}


@pytest.mark.parametrize("case", LATE)
def test_a_quiet_table_is_told_from_a_source_that_stopped(case: str) -> None:
    source, outcome = LATE[case]
    newest = datetime(2026, 11, 22, 3, tzinfo=UTC)
    result = check_freshness(TABLE, DAY, newest, timedelta(hours=12), source)
    assert ("passes" if result.passed else "blocks" if result.is_blocking else "warns") == outcome


def test_a_row_without_landing_time_is_never_fresh() -> None:
    assert check_freshness(TABLE, DAY, None, timedelta(hours=12), SourceDay(5000, MIDNIGHT, MIDNIGHT)).is_blocking


NEXT = DAY + timedelta(days=1)
SYNCED_LATER = {
    "another table has later rows": ({"tickets": {DAY - timedelta(days=9): 1}, "users": {NEXT: 1}}, True),
    "only its own later rows": ({"tickets": {NEXT: 1}, "users": {DAY: 1}}, False),
    "it never had rows": ({"tickets": {}, "users": {NEXT: 1}}, False),
    "no rows after the day": ({"tickets": {DAY - timedelta(days=9): 1}, "users": {DAY: 1, NEXT: 0}}, False),
}


@pytest.mark.parametrize("case", SYNCED_LATER)
def test_rows_of_a_later_day_show_that_the_source_was_synced(case: str) -> None:
    rows, expected = SYNCED_LATER[case]
    assert was_synced_later("tickets", DAY, rows) is expected


def test_schema_reports_every_difference() -> None:
    declared = {"id": "INT64", "tags": "JSON", "amount": "NUMERIC(10, 2)"}
    results = check_schema(TABLE, DAY, declared, {"id": "STRING", "amount": "NUMERIC", "new_field": "BOOL"})
    assert [(r.severity, r.observed, r.expected) for r in results] == [
        ("error", "id STRING", "id INT64"),
        ("error", "no tags", "tags JSON"),
        ("warning", "new_field BOOL", "no new_field"),
    ]
    assert "column tags is missing" in results[1].message
    assert not results[2].is_blocking


def test_schema_as_declared_passes_once() -> None:
    (result,) = check_schema(TABLE, DAY, {"id": "array<struct<a int64>>"}, {"id": "ARRAY<STRUCT<a INT64>>"})
    assert result.passed
