"""Syncs days of a generated sample into the connectors' datasets, as the connectors would.

A row replaces the one of the same primary key, unless that was synced later; a table of one day (Google Analytics) is
written again with all that is known of the day. Syncing the same days again gives the same tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from google.cloud import bigquery
from martech.warehouse.statements import require_identifier

from tools.sample_sources.connectors import CONNECTIONS
from tools.sample_sources.connectors.delivery import Connection, Table
from tools.sample_sources.loader import MEMORY_BYTES, LoadError, Summary, warehouse_client
from tools.sample_sources.sink import CONNECTORS

SYNCED = "_fivetran_synced"


def _field(name: str, kind: Any) -> bigquery.SchemaField:
    if isinstance(kind, list):
        return bigquery.SchemaField(name, "RECORD", "REPEATED", fields=_schema(kind[0]))
    if isinstance(kind, dict):
        return bigquery.SchemaField(name, "RECORD", fields=_schema(kind))
    return bigquery.SchemaField(name, kind)


def _schema(columns: Any) -> list[bigquery.SchemaField]:
    return [_field(name, kind) for name, kind in columns.items()]


def _day_of(path: Path) -> date:
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        raise LoadError(f"{path} is not named after a day: rename it to YYYY-MM-DD.ndjson.") from None


class ConnectionSync:
    """Syncs one connection.

    :param client: BigQuery client.
    :param directory: folder of the connection's tables, each with a file per day of sync.
    :param connection: what the connector keeps.
    """

    def __init__(self, client: bigquery.Client, directory: Path, connection: Connection) -> None:
        self._client = client
        self._directory = directory
        self._dataset = f"{client.project}.{require_identifier('dataset', connection.dataset)}"
        self._tables = connection.tables
        self._new: set[str] = set()

    def sync(self, start: date | None, end: date | None) -> tuple[int, int]:
        """Sync the files of some days; return how many files and rows there were."""
        self._create_tables()
        files = rows = 0
        for table in self._tables:
            folders = self._directory.glob(f"{table.name}????????") if table.day else [self._directory / table.name]
            for folder in sorted(folders):
                days = sorted((_day_of(path), path) for path in folder.glob("*.ndjson"))
                days = [(day, path) for day, path in days if end is None or day <= end]
                new = [path for day, path in days if start is None or day >= start]
                if not new:
                    continue
                files += len(new)
                if table.day:
                    rows += self._write_day(table, folder.name, [path for _, path in days])
                else:
                    rows += sum(self._replace_rows(table, lines) for lines in _batches(table, new))
        return files, rows

    def _create_tables(self) -> None:
        """Create the tables that are not there; a connector keeps one without rows too."""
        self._client.create_dataset(self._dataset, exists_ok=True)
        there = {item.table_id for item in self._client.list_tables(self._dataset)}
        self._new = {table.name for table in self._tables if not table.day} - there
        for table in self._tables:
            if table.name in self._new:
                self._client.create_table(bigquery.Table(self._address(table.name), _schema(table.columns)))

    def _address(self, name: str) -> str:
        return f"{self._dataset}.{require_identifier('table', name)}"

    def _write_day(self, table: Table, name: str, files: list[Path]) -> int:
        lines = [line for path in files for line in path.read_bytes().splitlines()]
        if table.key:
            lines = list({table.key_of(json.loads(line)): line for line in lines}.values())
        self._load(self._address(name), table, lines)
        return len(lines)

    def _replace_rows(self, table: Table, lines: list[bytes]) -> int:
        target = self._address(table.name)
        if table.name in self._new:
            self._new.remove(table.name)
            self._load(target, table, lines)
        else:
            synced = self._address(f"_synced_{table.name}")
            self._load(synced, table, lines)
            self._client.query(_merge_sql(table, synced, target)).result()
            self._client.delete_table(synced)
        return len(lines)

    def _load(self, target: str, table: Table, lines: list[bytes]) -> None:
        config = bigquery.LoadJobConfig(
            schema=_schema(table.columns),
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        )
        self._client.load_table_from_file(BytesIO(b"\n".join(lines)), target, job_config=config).result()


def _batches(table: Table, files: list[Path]) -> Iterator[list[bytes]]:
    """Yield the newest line of each primary key, of as many files at once as one load job should take."""
    newest: dict[tuple[Any, ...], tuple[str, bytes]] = {}
    size = 0
    for path in files:
        size += path.stat().st_size
        for line in path.read_bytes().splitlines():
            row = json.loads(line)
            key = table.key_of(row)
            if key not in newest or newest[key][0] <= row[SYNCED]:
                newest[key] = row[SYNCED], line
        if size > MEMORY_BYTES:
            yield [line for _, line in newest.values()]
            newest, size = {}, 0
    if newest:
        yield [line for _, line in newest.values()]


def _merge_sql(table: Table, source: str, target: str) -> str:
    """Return the statement that puts synced rows in the place of older ones."""
    same = " and ".join(f"kept.`{column}` = synced.`{column}`" for column in table.key)
    names = ", ".join(f"`{column}`" for column in table.columns)
    values = ", ".join(f"`{column}` = synced.`{column}`" for column in table.columns if column not in table.key)
    return (
        f"merge into `{target}` as kept using `{source}` as synced on {same} "  # noqa: S608 - names are ours
        f"when matched and synced.{SYNCED} >= kept.{SYNCED} then update set {values} "
        f"when not matched then insert ({names}) values ({names})"
    )


def sync(
    directory: Path,
    start: date | None = None,
    end: date | None = None,
    project: str | None = None,
    datasets: Collection[str] | None = None,
) -> Summary:
    """Sync days of a sample into the datasets of connections.

    :param directory: what ``generate`` wrote.
    :param start: first day of sync; the first there is if None.
    :param end: last day of sync; the last there is if None.
    :param project: Google Cloud project; that of the settings if None.
    :param datasets: datasets of the connections that sync; all if None.
    :raises LoadError: where there is nothing to sync.
    """
    if not (directory / CONNECTORS).is_dir():
        raise LoadError(
            f"{directory} has no folder {CONNECTORS}: write it with "
            f"`python -m tools.sample_sources generate --out {directory}`."
        )
    client, summary, began = warehouse_client(project), Summary(), time.monotonic()
    for connection in CONNECTIONS:
        if datasets is not None and connection.dataset not in datasets:
            continue
        files, rows = ConnectionSync(client, directory / CONNECTORS / connection.dataset, connection).sync(start, end)
        summary.files += files
        summary.rows += rows
        print(f"  {connection.dataset}: {rows:,} rows", flush=True)
    if not summary.files:
        raise LoadError(f"{directory} has no file for those days: check --start and --end, or generate them.")
    summary.seconds = time.monotonic() - began
    return summary
