"""Run one day through landing, dbt with its tests and the quality checks, and count bytes as BigQuery does.

The sample's connectors sync 60 days and one more; of that last day's run the embedded warehouse says which columns
of which table each statement reads, and which days its conditions leave (``tools.bench.growth``). How fast a table
grows is what it grew by between two builds.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlglot
from google.cloud import bigquery
from martech.costs.bill import Measured, TableUse
from martech.ingestion.landing_operator import LandRowsOperator
from martech.quality.client import QualityClient
from martech.warehouse.statements import Sql, short
from sqlglot import exp

from include.landing.declared_landings import connections, exports_by_day, source_landing
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import settings
from include.quality.declared_checks import LAYERS, quality_tables
from tools.bench.commands import create_tables, dbt, python, warehouse
from tools.bench.growth import bounds, materialized_views, monthly_tables, partition_columns
from tools.bench.landing import CONNECTION
from tools.local.fivetran import sample_settings
from tools.local.report import warehouse_client

SYNCED = "_fivetran_synced"
ROWS_OF_DAYS = 30
# What BigQuery counts of a value; texts count by their bytes, the rest is read as JSON.
FIXED = {"INTEGER": 8, "FLOAT": 8, "BOOLEAN": 1, "DATE": 8, "TIMESTAMP": 8, "DATETIME": 8, "TIME": 8, "NUMERIC": 16}
SHARD = re.compile(r"_\d{8}$")
TEMPORARY = re.compile(r"__dbt_tmp.*$")


@dataclass
class Table:
    """What a table holds.

    :param bytes: bytes of all rows; of tables of one day those of all of them.
    :param rows: its rows; of tables of one day those of the last.
    :param widths: mean bytes of a value, by column.
    :param kept_days: days that its partitions are kept; None keeps them for good.
    :param days: rows by day of the partitioning column; empty without one.
    :param active_rows: rows that a connector has changed in the last 30 days.
    """

    bytes: float = 0.0
    rows: int = 0
    widths: dict[str, float] = field(default_factory=dict)
    kept_days: int | None = None
    days: dict[date, int] = field(default_factory=dict)
    active_rows: int = 0


def _width(column: bigquery.SchemaField) -> str:
    name = f"found.`{column.name}`"
    if column.mode == "REPEATED" or column.field_type in {"RECORD", "JSON"}:
        return f"byte_length(to_json_string({name}))"
    if column.field_type in FIXED:
        return f"if({name} is null, 0, {FIXED[column.field_type]})"
    return f"coalesce(2 + byte_length(cast({name} as string)), 0)"


def counted_table(client: bigquery.Client, found: bigquery.Table, partition_field: str | None, since: date) -> Table:
    """Return what a table holds, by one query.

    :param client: BigQuery client.
    :param found: the table.
    :param partition_field: its partitioning column; None where it has none.
    :param since: rows that synced since then are active.
    """
    days = Sql(f"cast(`{partition_field}` as date)" if partition_field else "cast(null as date)")
    synced = SYNCED in {column.name for column in found.schema}
    rows = client.query(
        short(
            "select {{ days }} as day, count(*) as total, {{ active }} as active, {{ widths }} "
            "from `{{ table }}` as found where {{ condition }} group by day",
            table=f"{found.project}.{found.dataset_id}.{found.table_id}",
            days=days,
            active=Sql(f"countif({SYNCED} >= timestamp '{since}')" if synced else "0"),
            widths=Sql(", ".join(f"sum({_width(column)}) as w{n}" for n, column in enumerate(found.schema))),
            # Raw tables are read with a condition on their partitioning column only.
            condition=Sql(f"`{partition_field}` >= '1900-01-01'" if partition_field else "true"),
        )
    ).result()
    counted = [dict(row) for row in rows]
    total = sum(row["total"] for row in counted)
    sums = [sum(row[f"w{n}"] or 0 for row in counted) for n in range(len(found.schema))]
    partitioning = found.time_partitioning
    expires = partitioning.expiration_ms if partitioning else None
    return Table(
        bytes=float(sum(sums)),
        rows=total,
        widths={column.name: size / max(total, 1) for column, size in zip(found.schema, sums, strict=True)},
        kept_days=int(expires) // 86_400_000 if expires else None,
        days={row["day"]: row["total"] for row in counted if partition_field and row["day"]},
        active_rows=sum(row["active"] for row in counted),
    )


def stored_tables(client: bigquery.Client, columns: Mapping[str, str], since: date) -> dict[str, Table]:
    """Return what every table of the layers and of the connectors holds; tables of one day each count as one.

    :param client: BigQuery client.
    :param columns: partitioning column by ``dataset.table``.
    :param since: rows that synced since then are active.
    """
    kept = {
        (dataset, prefix): days
        for _, datasets, prefixes, days in exports_by_day()
        for dataset in datasets
        for prefix in prefixes
    }
    datasets = [layer.dataset for layer in settings.layers.values()]
    datasets += sorted({name for _, names in connections().values() for name in names})
    tables: dict[str, Table] = {}
    for dataset in datasets:
        for item in client.list_tables(f"{settings.project_id}.{dataset}"):
            if item.table_type != "TABLE":
                continue
            name = SHARD.sub("_", item.table_id)
            found = client.get_table(item.reference)
            field_name = found.time_partitioning.field if found.time_partitioning else None
            counted = counted_table(client, found, columns.get(f"{dataset}.{name}") or field_name, since)
            counted.kept_days = kept.get((dataset, name), counted.kept_days)
            before = tables.get(f"{dataset}.{name}")
            if before:
                counted.bytes += before.bytes
            tables[f"{dataset}.{name}"] = counted
    return tables


def _columns(scan: Mapping[str, Any]) -> set[str]:
    """Return the columns that a scan reads: what it gives on, and what its conditions name."""
    names = set(scan["columns"])
    for text in scan["filters"]:
        condition = sqlglot.parse_one(text.removeprefix("optional: "), read="duckdb")
        names |= {column.name for column in condition.find_all(exp.Column)}
    return names


def scanned(
    scan: Mapping[str, Any], table: Table, column: str | None, day: date, *, monthly: bool
) -> tuple[float, float]:
    """Return the bytes that a scan reads, by a window of days and without one.

    A window that begins before the first day that is known reads days like those that are.

    :param scan: a line of the warehouse's log.
    :param table: what it reads.
    :param column: its partitioning column.
    :param day: last day of data.
    :param monthly: whether its partitions are months.
    """
    width = sum(table.widths.get(name, 0.0) for name in _columns(scan))
    first, last = bounds(column, scan["filters"]) if column else (date.min, date.max)
    last = min(last, day)
    if first == date.min or not table.days:
        return 0.0, width * table.rows
    if table.kept_days:
        first = max(first, day - timedelta(days=table.kept_days))
    if monthly:
        kept = [rows for start, rows in table.days.items() if start >= first.replace(day=1) and start <= last]
        return width * sum(kept), 0.0
    known = max(first, min(table.days))
    rows = sum(count for start, count in table.days.items() if known <= start <= last)
    asked, seen = (last - first).days + 1, (last - known).days + 1
    return width * rows * (max(asked, 1) / seen if seen > 0 else 0.0), 0.0


def _read(log: str, tables: Mapping[str, Table], models: list[dict[str, Any]], day: date) -> dict[str, list[float]]:
    """Return bytes read by windows and without one, by table."""
    columns, by_month, views = partition_columns(models), monthly_tables(models), materialized_views(models)
    read: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in log.splitlines():
        scan = json.loads(line)
        name = scan["table"].split(".", 1)[1].replace(f"{settings.project_id}__", "").replace('"', "")
        name, is_temporary = TEMPORARY.sub("", name), "__dbt_tmp" in name
        table = tables.get(SHARD.sub("_", name))
        # BigQuery refreshes what has changed of a materialized view, the embedded warehouse all of it.
        if table is None or scan["by"] in views:
            continue
        windows, whole = scanned(scan, table, columns.get(name), day, monthly=name in by_month)
        if is_temporary:
            windows, whole = sum(table.widths.get(column, 0.0) for column in _columns(scan)) * scan["rows"], 0.0
        elif SHARD.search(name):
            # A table of one day is as large tomorrow.
            windows, whole = windows + whole, 0.0
        read[SHARD.sub("_", name)][0] += windows
        read[SHARD.sub("_", name)][1] += whole
    return read


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _land(sample: Path, first: date, last: date) -> None:
    """Sync days of the sample and land them."""
    python("tools.sample_sources", "sync", "--from", sample, "--start", first, "--end", last)
    for source in connections():
        context = {"ti": SimpleNamespace(dag_id="bill", task_id="land_rows", run_id="bill", try_number=1)}
        LandRowsOperator(
            task_id="land_rows",
            landing=lambda source=source: source_landing(source),  # type: ignore[misc]
            dataset_id=settings.layers["bronze"].dataset,
            days=_days(first, last),
            project_id=settings.project_id,
            location=settings.location,
        ).execute(context)  # type: ignore[arg-type]


def _check(day: date) -> None:
    """Ask what the quality checks ask of every table."""
    quality = QualityClient(project_id=settings.project_id, location=settings.location)
    for layer in LAYERS:
        for table in quality_tables(layer):
            quality.profile(table, [day])


def measure(customers: int, history_days: int, end: date, seed: int, work: Path) -> Measured:
    """Return what a day's run stores and reads.

    :param customers: size of the sample.
    :param history_days: days of data before the measured one.
    :param end: the measured day.
    :param seed: seed of the sample.
    :param work: an empty folder.
    """
    sample, log = work / "sample", work / "scans.ndjson"
    os.environ |= {
        "AIRFLOW_HOME": str(work),
        "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": json.dumps(CONNECTION),
        "EMULATOR_SCAN_READS": "1",
        **sample_settings(),
    }
    first, eve = end - timedelta(days=history_days), end - timedelta(days=1)
    middle = first + timedelta(days=history_days // 2 - 1)
    since = end - timedelta(days=ROWS_OF_DAYS - 1)
    with warehouse(log) as url:
        client = warehouse_client(url)
        create_tables(url)
        python(
            "tools.sample_sources", "generate", "--customers", customers, "--start", first, "--end", end,
            "--seed", seed, "--out", sample,
        )  # fmt: skip
        taken: list[dict[str, Table]] = []
        for start, last in ((first, middle), (middle + timedelta(days=1), eve), (end, end)):
            log.write_text("")
            _land(sample, start, last)
            without = () if start == end else ("--exclude-resource-type", "test")
            dbt("build", work, start, last, "--exclude-resource-type", "unit_test", *without)
            if start == end:
                _check(end)
            nodes = load_manifest(work / "target" / "manifest.json")["nodes"].values()
            models = [node for node in nodes if node["resource_type"] == "model"]
            scans = log.read_text()
            taken.append(stored_tables(client, partition_columns(models), since))
        read = _read(scans, taken[-1], models, end)
    priced = {name for connector, names in connections().values() if connector == "fivetran" for name in names}
    earlier, before, now = taken
    between = (eve - middle).days
    return Measured(
        tables=[
            TableUse(
                stored=table.bytes,
                growth=max(0.0, (before[name].bytes - earlier[name].bytes) / between) if name in earlier else 0.0,
                kept_days=table.kept_days,
                is_rewritten=not table.days or name in monthly_tables(models),
                read_windows=read[name][0],
                read_whole=read[name][1],
            )
            for name, table in now.items()
        ],
        history_days=history_days + 1,
        connector_rows=sum(table.active_rows for name, table in now.items() if name.split(".")[0] in priced),
    )
