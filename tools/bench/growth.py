"""What a day's increment reads when the history has grown tenfold: partitions and bytes, after pruning.

The day is built twice, with some days of history and with ten times as many. DuckDB says which filters reached each
scan; the days that they leave of the partitioning column are what BigQuery reads and bills. Tables without
partitions are read whole on both. Both measured days are the same day of a month, since attribution restates whole
months, and the windows that look back are shortened to what the short history holds.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from martech.hooks.bigquery_retention import BigQueryRetentionHook

from include.warehouse.settings import settings
from include.warehouse.sources import load_sources
from tools.bench.commands import create_tables, dbt, python, warehouse
from tools.bench.results import Chart, Results
from tools.local.report import warehouse_client

# The measured days, and the first day of history: 6 days before the one, 67 before the other.
FIRST, NEAR, FAR = date(2026, 9, 1), date(2026, 9, 7), date(2026, 11, 7)
WINDOWS = {"late_arrival_days": 2, "restatement_days": 4, "attribution_lookback_days": 5}
WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
DAY = re.compile(r"'(\d{4}-\d{2}-\d{2})[^']*'")


@dataclass
class Reading:
    """What was read of one table: bytes of its scans, and the partitions that the filters left."""

    bytes: int = 0
    partitions: int = 0


def bounds(column: str, filters: Iterable[str]) -> tuple[date, date]:
    """Return the first and last day that the filters on a column leave.

    :param column: the partitioning column.
    :param filters: conditions in DuckDB's words, all of which hold.
    """
    first, last = date.min, date.max
    for text in " AND ".join(filters).split(" AND "):
        if not re.search(rf"\b{column}\b", text) and "BETWEEN" not in text:
            continue
        days = [date.fromisoformat(day) for day in DAY.findall(text)]
        if not days:
            continue
        if "BETWEEN" in text or ">=" in text or re.search(r">(?!=)", text):
            first = max(first, min(days))
        elif "<" in text:
            last = min(last, max(days))
        elif "=" in text:
            first, last = max(first, min(days)), min(last, max(days))
    return first, last


def partition_columns(manifest: Path) -> dict[str, str]:
    """Return the partitioning column by ``dataset.table``: raw tables from sources.yml, models from dbt's manifest."""
    bronze = settings.layers["bronze"].dataset
    columns = {
        f"{bronze}.{table.name}": table.partition_field for source in load_sources().values() for table in source.tables
    }
    for node in json.loads(manifest.read_text())["nodes"].values():
        partition_by = node["config"].get("partition_by") if node["resource_type"] == "model" else None
        if partition_by:
            columns[f"{node['schema']}.{node['name']}"] = partition_by["field"]
    return columns


def partitions_of(client: bigquery.Client) -> dict[str, list[date]]:
    """Return the days of each table's partitions, by ``dataset.table``."""
    days: dict[str, list[date]] = defaultdict(list)
    for layer in settings.layers.values():
        schema = f"`{settings.project_id}.{layer.dataset}.INFORMATION_SCHEMA.PARTITIONS`"
        for row in client.query_and_wait(f"select table_name, partition_id from {schema}"):  # noqa: S608
            if re.fullmatch(r"\d{6}(\d{2})?", row.partition_id):  # a day or a month
                day = BigQueryRetentionHook.partition_day(row.partition_id)
                days[f"{layer.dataset}.{row.table_name}"].append(day)
    return days


def read(scan_log: Path, columns: dict[str, str], partitions: dict[str, list[date]]) -> dict[str, Reading]:
    """Add up what the scans of a run read, by ``dataset.table``.

    :param scan_log: what the warehouse wrote.
    :param columns: partitioning column by table.
    :param partitions: days of the partitions by table.
    """
    readings: dict[str, Reading] = defaultdict(Reading)
    for line in scan_log.read_text().splitlines():
        scan: dict[str, Any] = json.loads(line)
        # DuckDB calls it catalog.project__dataset.table.
        table = scan["table"].split(".", 1)[1].replace(f"{settings.project_id}__", "").replace('"', "")
        readings[table].bytes += scan["bytes"]
        if table in columns:
            first, last = bounds(columns[table], scan["filters"])
            readings[table].partitions += sum(first <= day <= last for day in partitions.get(table, []))
    return readings


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Build the same day after a short and a tenfold history."""
    sample, scan_log = work / "sample", work / "scans.ndjson"
    with warehouse(scan_log) as url:
        create_tables(url)
        python(
            "tools.sample_sources", "generate", "--customers", arguments.growth_customers,
            "--start", FIRST, "--end", FAR, "--seed", arguments.seed, "--out", sample,
        )  # fmt: skip
        taken: dict[date, dict[str, Reading]] = {}
        began = FIRST
        for day in (NEAR, FAR):
            eve = day - timedelta(days=1)
            python("tools.sample_sources", "load", "--from", sample, "--start", began, "--end", eve)
            dbt("build", work, began, eve, *WITHOUT_TESTS, **WINDOWS)
            python("tools.sample_sources", "load", "--from", sample, "--start", day, "--end", day)
            scan_log.write_text("")
            dbt("build", work, day, day, *WITHOUT_TESTS, **WINDOWS)
            columns = partition_columns(work / "target" / "manifest.json")
            taken[day] = read(scan_log, columns, partitions_of(warehouse_client(url)))
            began = day + timedelta(days=1)
    near, far = taken[NEAR], taken[FAR]
    history = f"history {(NEAR - FIRST).days} → {(FAR - FIRST).days} days"

    def total(readings: dict[str, Reading], name: str, *, partitioned: bool) -> int:
        return sum(getattr(r, name) for table, r in readings.items() if (table in columns) == partitioned)

    ratios = {}
    for what, name, partitioned in (
        ("partitions", "partitions", True),
        ("bytes of partitioned tables", "bytes", True),
        ("bytes of tables of state", "bytes", False),
    ):
        before, after = total(near, name, partitioned=partitioned), total(far, name, partitioned=partitioned)
        ratios[what] = after / before
        results.add(f"increment reads, {history}: {what}", f"{before:,} → {after:,} (×{after / before:.2f})")
    grown = {
        table: f"{near[table].partitions} → {far[table].partitions}"
        for table in sorted(far, key=lambda table: near[table].partitions - far[table].partitions)
        if far[table].partitions > 1.2 * max(near[table].partitions, 1)
    }
    listed = ", ".join(f"`{table}` {change}" for table, change in list(grown.items())[:8])
    results.add("tables of which an increment reads more partitions", listed or "none")
    results.charts.append(Chart(f"what a day's increment reads, {history}: growth (goal ≤ 1.2)", ratios, goal=1.2))
