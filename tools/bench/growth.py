"""What a day's increment reads when the history has grown tenfold: partitions and bytes, after pruning.

The day is built twice, with some days of history and with ten times as many. DuckDB says which filters reached each
scan; the days that they leave of the partitioning column are what BigQuery reads and bills. A window that is longer
than the short history counts in full on both, for it is not history that makes it read more; since such windows flatter
the sum, it is given without them, too. A table that is read without such a filter counts with all partitions it has.
Tables without partitions are read whole on both. Both
measured days are the same day of a month, since attribution restates whole months.

Materialized views are left out: BigQuery refreshes the partitions that have changed, the embedded warehouse all.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlglot
from google.cloud import bigquery
from martech.retention.client import RetentionClient
from martech.warehouse.statements import short
from sqlglot import exp

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from tools.bench.commands import create_tables, dbt, python, warehouse
from tools.bench.results import Chart, Results
from tools.local.report import warehouse_client

# The measured days, and the first day of history: 6 days before the one, 67 before the other.
FIRST, NEAR, FAR = date(2026, 9, 1), date(2026, 9, 7), date(2026, 11, 7)
WINDOWS = {"late_arrival_days": 2, "conversion_window_days": 4, "restatement_days": 4, "attribution_lookback_days": 5}
WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Reading:
    """What was read of one table: bytes of its scans, partitions of its windows, partitions read without a window.

    ``long_windows`` are those of windows that are longer than the short history and its measured day.
    """

    bytes: int = 0
    windows: int = 0
    long_windows: int = 0
    whole: int = 0
    whole_by: set[str] = field(default_factory=set)

    @property
    def partitions(self) -> int:
        """All partitions."""
        return self.windows + self.whole

    @property
    def comparable(self) -> int:
        """Partitions without those of windows that are longer than the short history."""
        return self.partitions - self.long_windows


@dataclass
class Tables:
    """The tables of a warehouse: partitioning column of each and the rows of its partitions, by ``dataset.table``.

    The partitions of ``monthly`` are months, those of the others days.
    """

    columns: dict[str, str]
    partitions: dict[str, dict[date, int]]
    materialized_views: set[str]
    monthly: frozenset[str] = frozenset()


def bounds(column: str, filters: Iterable[str]) -> tuple[date, date]:
    """Return the first and last day that the filters on a column leave.

    :param column: the partitioning column.
    :param filters: conditions in DuckDB's words, all of which hold.
    """
    days = [days_of(sqlglot.parse_one(text.removeprefix("optional: "), read="duckdb"), column) for text in filters]
    return max((first for first, _ in days), default=date.min), min((last for _, last in days), default=date.max)


def days_of(condition: exp.Expression, column: str) -> tuple[date, date]:
    """Return the first and last day of the column with which the condition can hold.

    What is not compared with literals leaves every day, as it does in BigQuery.

    :param condition: a condition in SQL.
    :param column: the partitioning column.
    """
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        (first, last), (other_first, other_last) = (days_of(side, column) for side in condition.unnest_operands())
        if isinstance(condition, exp.And):
            return max(first, other_first), min(last, other_last)
        return min(first, other_first), max(last, other_last)
    compared = condition.this.this if isinstance(condition.this, exp.Cast) else condition.this
    values = [condition.args[name] for name in ("low", "high", "expression") if condition.args.get(name)]
    days = [DAY.match(value.name) for value in (*values, *condition.expressions) if value.find(exp.Literal)]
    if not isinstance(compared, exp.Column) or compared.name != column or not days or not all(days):
        return date.min, date.max
    first, last = (date.fromisoformat(pick(day[0] for day in days)) for pick in (min, max))
    if isinstance(condition, exp.EQ | exp.In | exp.Between):
        return first, last
    if isinstance(condition, exp.GT | exp.GTE):
        return first, date.max
    return (date.min, last) if isinstance(condition, exp.LT | exp.LTE) else (date.min, date.max)


def months(first: date, last: date) -> int:
    """Return how many calendar months the days from first to last touch."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def partition_columns(models: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the partitioning column by ``dataset.table``: raw tables from sources.yml, models from dbt's manifest."""
    bronze = settings.layers["bronze"].dataset
    columns = {
        f"{bronze}.{table.name}": table.partition_field for source in load_sources().values() for table in source.tables
    }
    for node in models:
        if partition_by := node["config"].get("partition_by"):
            columns[f"{node['schema']}.{node['name']}"] = partition_by["field"]
    return columns


def monthly_tables(models: Iterable[dict[str, Any]]) -> frozenset[str]:
    """Return the models that are partitioned by month, by ``dataset.table``."""
    return frozenset(
        f"{node['schema']}.{node['name']}"
        for node in models
        if (node["config"].get("partition_by") or {}).get("granularity") == "month"
    )


def materialized_views(models: Iterable[dict[str, Any]]) -> set[str]:
    """Return the names of the materialized views."""
    return {node["name"] for node in models if node["config"]["materialized"] == "materialized_view"}


def partitions_of(client: bigquery.Client, monthly: frozenset[str]) -> dict[str, dict[date, int]]:
    """Return the rows of each table's partitions by their first day, by ``dataset.table``.

    :param monthly: tables whose partitions are months, of which the embedded warehouse shows days.
    """
    rows: dict[str, dict[date, int]] = defaultdict(dict)
    for layer in settings.layers.values():
        schema = f"{settings.project_id}.{layer.dataset}.INFORMATION_SCHEMA.PARTITIONS"
        for row in client.query(
            short("select table_name, partition_id, total_rows from `{{ schema }}`", schema=schema)
        ).result():
            if re.fullmatch(r"\d{6}(\d{2})?", row.partition_id):  # a day or a month
                table, day = f"{layer.dataset}.{row.table_name}", RetentionClient.partition_day(row.partition_id)
                start = day.replace(day=1) if table in monthly else day
                rows[table][start] = rows[table].get(start, 0) + row.total_rows
    return rows


def read(scan_log: Path, tables: Tables, began: date, day: date) -> dict[str, Reading]:
    """Add up what the scans of a run read, by ``dataset.table``.

    Bytes are the width of the columns read, times the rows of the partitions that are left: BigQuery bills rows that
    other filters drop.

    :param scan_log: what the warehouse wrote.
    :param tables: what there is to read.
    :param began: first day of the history.
    :param day: the data day that was built; no window reaches further.
    """
    readings: dict[str, Reading] = defaultdict(Reading)
    for line in scan_log.read_text().splitlines():
        scan: dict[str, Any] = json.loads(line)
        # DuckDB calls it catalog.project__dataset.table.
        table = scan["table"].split(".", 1)[1].replace(f"{settings.project_id}__", "").replace('"', "")
        if scan["by"] in tables.materialized_views or "__dbt_tmp" in table:
            continue
        reading = readings[table]
        if table not in tables.columns:
            reading.bytes += scan["bytes"]
            continue
        width = scan["bytes"] / max(scan["rows"], 1)
        first, last = bounds(tables.columns[table], scan["filters"])
        is_monthly = table in tables.monthly
        if is_monthly:
            first = first.replace(day=1)
        kept = {start: rows for start, rows in tables.partitions[table].items() if first <= start <= last}
        rows = sum(kept.values())
        if first == date.min:
            reading.whole += len(kept)
            reading.whole_by.add(scan["by"])
        else:
            # The days before the history began are taken to be like those since.
            days = (min(last, day) - first).days + 1
            since = max(first, began)
            known = sum(kept_rows for start, kept_rows in kept.items() if start >= since)
            partitions = max(len(kept), months(first, min(last, day)) if is_monthly else days)
            reading.windows += partitions
            if days > (NEAR - FIRST).days + 1:
                reading.long_windows += partitions
            rows = known * days / max((min(last, day) - since).days + 1, 1)
        reading.bytes += round(width * rows)
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
            nodes = load_manifest(work / "target" / "manifest.json")["nodes"].values()
            models = [node for node in nodes if node["resource_type"] == "model"]
            columns = partition_columns(models)
            monthly = monthly_tables(models)
            partitions = partitions_of(warehouse_client(url), monthly)
            tables = Tables(columns, partitions, materialized_views(models), monthly)
            taken[day] = read(scan_log, tables, FIRST, day)
            began = day + timedelta(days=1)
    near, far = taken[NEAR], taken[FAR]
    history = f"history {(NEAR - FIRST).days} → {(FAR - FIRST).days} days"

    def total(readings: dict[str, Reading], name: str, *, partitioned: bool) -> int:
        return sum(getattr(r, name) for table, r in readings.items() if (table in columns) == partitioned)

    ratios = {}
    for what, name, partitioned in (
        ("partitions", "partitions", True),
        ("partitions, of tables read whole", "whole", True),
        ("partitions, without windows longer than the short history", "comparable", True),
        ("bytes of partitioned tables", "bytes", True),
        ("bytes of tables of state", "bytes", False),
    ):
        before, after = total(near, name, partitioned=partitioned), total(far, name, partitioned=partitioned)
        ratios[what] = after / before
        results.add(f"increment reads, {history}: {what}", f"{before:,} → {after:,} (×{after / before:.2f})")
    grown = sorted(
        (table for table, reading in far.items() if reading.whole > near[table].whole),
        key=lambda table: near[table].whole - far[table].whole,
    )
    listed = [
        f"`{table}` {near[table].whole} → {far[table].whole} ({', '.join(sorted(far[table].whole_by))})"
        for table in grown
    ]
    results.add("tables of which an increment reads all partitions, by whom", "; ".join(listed) or "none")
    results.charts.append(Chart(f"what a day's increment reads, {history}: growth (goal ≤ 1.2)", ratios, goal=1.2))
