"""``make bench`` sees every table that a statement reads, and the days that its filters leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from google.cloud import bigquery

from tools.bench.commands import warehouse
from tools.bench.growth import Tables, bounds, read
from tools.local.report import warehouse_client

EVERY_DAY = (date.min, date.max)
PARTITIONS = {date(2026, 1, day): 1 for day in range(1, 11)}


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ("day>='2026-01-03'::DATE AND day<='2026-01-05'::DATE AND n>4", (date(2026, 1, 3), date(2026, 1, 5))),
        ("(CAST(day AS DATE) BETWEEN '2026-01-03'::DATE AND '2026-01-05'::DATE)", (date(2026, 1, 3), date(2026, 1, 5))),
        ("optional: day IN ('2026-01-03'::DATE, '2026-01-09'::DATE)", (date(2026, 1, 3), date(2026, 1, 9))),
        ("((day = '2026-01-03'::DATE) OR (day > '2026-01-04'::DATE))", (date(2026, 1, 3), date.max)),
        # None of these is a condition on the partitioning column that BigQuery could prune by.
        ("((day = '2026-01-03'::DATE) OR (n > 4))", EVERY_DAY),
        ("(CAST(cancelled_at AS DATE) BETWEEN '2026-01-03'::DATE AND '2026-01-05'::DATE)", EVERY_DAY),
        ("(day = other_day)", EVERY_DAY),
        ("(NOT (day = '2026-01-03'::DATE))", EVERY_DAY),
    ],
)
def test_only_literals_compared_with_the_partitioning_column_bound_the_days(
    condition: str, days: tuple[date, date]
) -> None:
    assert bounds("day", [condition]) == days


@pytest.fixture(scope="module")
def scan_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scans") / "scans.ndjson"


@pytest.fixture(scope="module")
def recorded_warehouse_url(scan_log: Path) -> Iterator[str]:
    """Serve a warehouse that records what it reads."""
    with pytest.MonkeyPatch.context() as patch:
        # The benchmark's warehouse sets both: they are put back afterwards.
        patch.setenv("BIGQUERY_EMULATOR_HOST", "")
        patch.setenv("DBT_TARGET", "")
        with warehouse(scan_log) as url:
            yield url


@pytest.fixture(scope="module")
def client(recorded_warehouse_url: str) -> bigquery.Client:
    """A client of that warehouse, with a table of ten days."""
    served = warehouse_client(recorded_warehouse_url)
    served.query("create schema lake").result()
    served.query(
        "create table lake.events (day date, n int64) partition by day as "
        "select day, 1 as n from unnest(generate_date_array('2026-01-01', '2026-01-10')) as day"
    ).result()
    return served


@pytest.mark.parametrize(
    ("statement", "windows", "whole"),
    [
        ("/* dbt's comment */ create or replace table lake.a as select * from lake.events", 0, 10),
        (
            "create table lake.b as with e as (select * from lake.events) select * from e where day >= '2026-01-09'",
            2,
            0,
        ),
        # A window that begins before the first partition counts in full.
        (
            "create table lake.c as select * from lake.events where day between '2025-12-30' and '2026-01-02'",
            4,
            0,
        ),
        ("/* dbt's comment */ update lake.events set n = 2 where day = '2026-01-02'", 1, 0),
        # As dbt writes insert_overwrite.
        (
            "merge into lake.events as t using (select * from lake.events where day = '2026-01-10') as s on false "
            "when not matched by source and t.day in ('2026-01-10') then delete "
            "when not matched then insert (day, n) values (day, n)",
            2,
            0,
        ),
    ],
)
def test_what_a_statement_reads_is_recorded(
    client: bigquery.Client, scan_log: Path, statement: str, windows: int, whole: int
) -> None:
    scan_log.write_text("")
    client.query(statement).result()
    tables = Tables({"lake.events": "day"}, {"lake.events": PARTITIONS}, set())
    reading = read(scan_log, tables, min(PARTITIONS), max(PARTITIONS))["lake.events"]
    assert (reading.windows, reading.whole) == (windows, whole)
    assert reading.bytes > 0


def test_a_window_of_a_table_by_month_reads_months(tmp_path: Path) -> None:
    scan_log = tmp_path / "scans.ndjson"
    filters = ["day>='2026-01-20'::DATE", "day<='2026-03-02'::DATE"]
    scan_log.write_text(
        json.dumps({"table": '"lake".lake.events', "rows": 3, "bytes": 24, "filters": filters, "by": "m"})
    )
    partitions = {date(2026, month, 1): 1 for month in range(1, 5)}
    tables = Tables({"lake.events": "day"}, {"lake.events": partitions}, set(), frozenset({"lake.events"}))
    reading = read(scan_log, tables, min(partitions), date(2026, 4, 30))["lake.events"]
    # A month that a window begins in is read; 42 days are more than the short history has.
    assert (reading.windows, reading.long_windows, reading.comparable) == (3, 3, 0)


def test_a_scan_names_the_model_that_reads(client: bigquery.Client, scan_log: Path) -> None:
    scan_log.write_text("")
    client.query(
        '/* {"app": "dbt", "dbt-model": "some_model"} */ create table lake.d as select * from lake.events'
    ).result()
    assert [json.loads(line)["by"] for line in scan_log.read_text().splitlines()] == ["some_model"]
