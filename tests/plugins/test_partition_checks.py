from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from martech.ingestion.partition_checks import (
    check_freshness,
    check_partition_exists,
    check_row_count,
    check_schema,
)

DAY = date(2026, 11, 22)
TABLE = "raw_data.zendesk_tickets"


def history(rows: int, days: int = 28) -> dict[date, int]:
    return {DAY - timedelta(days=ago): rows for ago in range(1, days + 1)}


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


@pytest.mark.parametrize(("rows", "hint"), [(49, "partial sync"), (201, "landed rows twice")], ids=["low", "high"])
def test_row_count_out_of_band_says_what_to_look_for(rows: int, hint: str) -> None:
    result = check_row_count(TABLE, DAY, rows, history(100), (0.5, 2.0))
    assert result.is_blocking
    assert f"has {rows} rows for 2026-11-22, expected 50 to 200 rows" in result.message
    assert hint in result.message


def test_row_count_is_not_judged_without_history() -> None:
    result = check_row_count(TABLE, DAY, 1, history(100, days=6), (0.5, 2.0))
    assert result.passed
    assert "not checked, 6 of 7 days of history" in result.message


def test_row_count_looks_back_28_days_and_skips_days_without_rows() -> None:
    past = history(100) | {DAY - timedelta(days=29): 10**9, DAY - timedelta(days=3): 0, DAY: 10**9}
    assert "50 to 200 rows" in check_row_count(TABLE, DAY, 100, past, (0.5, 2.0)).expected


@settings(deadline=None)  # the machine may be busy
@given(
    counts=st.lists(st.integers(1, 10**6), min_size=7, max_size=28),
    share=st.floats(0, 3, allow_nan=False),
    band=st.tuples(st.floats(0, 0.99), st.floats(1.01, 5)),
)
def test_row_count_passes_exactly_inside_the_band(counts: list[int], share: float, band: tuple[float, float]) -> None:
    mean = sum(counts) / len(counts)
    rows = round(mean * share)
    past = {DAY - timedelta(days=ago): rows for ago, rows in enumerate(counts, start=1)}
    result = check_row_count(TABLE, DAY, rows, past, band)
    assert result.passed == (band[0] * mean <= rows <= band[1] * mean)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(1, 10**6), min_size=7, max_size=28))
def test_a_day_like_all_others_is_always_in_band(counts: list[int]) -> None:
    past = {DAY - timedelta(days=ago): rows for ago, rows in enumerate(counts, start=1)}
    assert check_row_count(TABLE, DAY, round(sum(counts) / len(counts)), past, (0.4, 1.6)).passed


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
