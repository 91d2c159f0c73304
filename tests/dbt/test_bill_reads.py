"""``make bill`` sees the columns of what is read, by statements that write and by those that only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from google.cloud import bigquery

from tools.bench.commands import warehouse
from tools.bill.measure import counted_table
from tools.local.report import warehouse_client


@pytest.fixture(scope="module")
def scan_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scans") / "scans.ndjson"


@pytest.fixture(scope="module")
def client(scan_log: Path) -> Iterator[bigquery.Client]:
    """A client of a warehouse that records reads too, with a table of ten days in bronze."""
    with pytest.MonkeyPatch.context() as patch:
        # The benchmark's warehouse sets both: they are put back afterwards.
        patch.setenv("BIGQUERY_EMULATOR_HOST", "")
        patch.setenv("DBT_TARGET", "")
        patch.setenv("EMULATOR_SCAN_READS", "1")
        with warehouse(scan_log) as url:
            served = warehouse_client(url)
            served.query("create schema raw_data").result()
            served.query(
                "create table raw_data.events (day date, n int64, text string, tags array<int64>) partition by day "
                "options (require_partition_filter = true, partition_expiration_days = 90)"
            ).result()
            served.query(
                "insert into raw_data.events select day, 1, 'five€', [1, 2] "
                "from unnest(generate_date_array('2026-01-01', '2026-01-10')) as day"
            ).result()
            yield served


@pytest.mark.parametrize(
    "statement",
    [
        "select n from raw_data.events where day = '2026-01-02'",
        "/* a comment */ create table raw_data.few as select n from raw_data.events where day = '2026-01-02'",
    ],
)
def test_columns_and_conditions_of_a_scan_are_recorded(client: bigquery.Client, scan_log: Path, statement: str) -> None:
    scan_log.write_text("")
    client.query(statement).result()
    found = [json.loads(line) for line in scan_log.read_text().splitlines()]
    (scan,) = [scan for scan in found if scan["table"].endswith("events")]
    assert "n" in scan["columns"]
    assert "text" not in scan["columns"]
    assert any("2026-01-02" in text for text in scan["filters"])


def test_values_count_the_bytes_that_bigquery_counts(client: bigquery.Client) -> None:
    """A number and a date have 8, a text 2 and those of its UTF-8 ; lists are estimated."""
    table = client.get_table(f"{client.project}.raw_data.events")
    counted = counted_table(client, table, "day", date(2026, 1, 1))
    assert {name: counted.widths[name] for name in ("day", "n", "text")} == {"day": 8, "n": 8, "text": 2 + 7}
    assert counted.bytes == pytest.approx(10 * sum(counted.widths.values()))
    assert (counted.rows, counted.kept_days, counted.days[date(2026, 1, 10)]) == (10, 90, 1)
