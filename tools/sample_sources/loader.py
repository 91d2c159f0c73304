"""Lands generated files in the bronze dataset by BigQuery load jobs, some days of a table in each, as Fivetran would.

Loading the same files again gives the same tables: where a table already has rows that landed on a file's day
(``_fivetran_synced``), they are deleted before its lines are appended. Delete and load are two jobs; if the second
fails the days are empty until the load is run again.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.ingestion.raw_table import RawTable
from martech.warehouse.ddl import CreateStatement
from martech.warehouse.statements import Sql, short

from include.pipeline.layer_ddl import layer_files, table_statement
from include.pipeline.settings import PROJECT_ID, settings
from include.pipeline.sources import load_sources
from tools.sample_sources.sink import LONGEST_DELAY_DAYS
from tools.sample_sources.validate import RowChecker

MEMORY_BYTES = 64 * 1024 * 1024  # of one load job; a larger file waits on disk


class LoadError(ValueError):
    """Nothing can be loaded; the message names the fix."""


@dataclass
class Summary:
    """What a load did.

    :param rows: rows landed.
    :param files: files landed.
    :param seconds: time taken.
    :param warnings: what the operator should look at.
    :param failed: whether a file could not be loaded.
    """

    rows: int = 0
    files: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    failed: bool = False


def warehouse_client(project: str | None) -> bigquery.Client:
    """Return a client of the warehouse.

    :param project: Google Cloud project; that of the settings if None.
    :raises LoadError: where the project's id cannot be one.
    """
    if project and not PROJECT_ID.fullmatch(project):
        raise LoadError(f"--project {project!r} is no Google Cloud project id: correct it.")
    # The embedded warehouse asks for no credentials.
    credentials = AnonymousCredentials() if os.environ.get("BIGQUERY_EMULATOR_HOST") else None
    return bigquery.Client(project or settings.project_id, credentials=credentials, location=settings.location)


def _raw_tables() -> dict[str, RawTable]:
    return {table.name: table for source in load_sources().values() for table in source.tables}


def _files(directory: Path, tables: list[str], start: date | None, end: date | None) -> list[tuple[date, str, Path]]:
    """Return the files to load, by day and table."""
    found = []
    for table in tables:
        for path in (directory / table).glob("*.ndjson"):
            try:
                day = date.fromisoformat(path.stem)
            except ValueError:
                raise LoadError(f"{path} is not named after a day: rename it to YYYY-MM-DD.ndjson.") from None
            if (start is None or day >= start) and (end is None or day <= end):
                found.append((day, table, path))
    return sorted(found)


def _batches(files: list[tuple[date, str, Path]]) -> Iterator[tuple[str, list[tuple[date, Path]]]]:
    """Yield each table's files in the order of their days, as many at once as one load job should take."""
    for table in sorted({table for _, table, _ in files}):
        batch: list[tuple[date, Path]] = []
        size = 0
        for day, name, path in files:
            if name == table:
                if batch and size + path.stat().st_size > MEMORY_BYTES:
                    yield table, batch
                    batch, size = [], 0
                batch.append((day, path))
                size += path.stat().st_size
        yield table, batch


def _landed_between(first: date, last: date) -> bigquery.QueryJobConfig:
    """Return the parameters for rows that landed from one day to another, both included."""
    begin, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
    return bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("begin", "TIMESTAMP", begin),
            bigquery.ScalarQueryParameter("end", "TIMESTAMP", end),
            bigquery.ScalarQueryParameter("first_day", "DATE", first - timedelta(days=LONGEST_DELAY_DAYS)),
            bigquery.ScalarQueryParameter("last_day", "DATE", last),
        ]
    )


class TableLoader:
    """Lands the files of one bronze table.

    :param client: BigQuery client.
    :param table: the table as the source list declares it.
    :param rejects: directory for the lines that cannot land.
    :param first: first day of landing to load.
    :param last: last day of landing to load.
    """

    def __init__(self, client: bigquery.Client, table: RawTable, rejects: Path, first: date, last: date) -> None:
        statement: CreateStatement = table_statement("bronze", table.name)
        self._client = client
        self._address = f"{client.project}.{settings.layers['bronze'].dataset}.{table.name}"
        self._rejects = rejects / table.name
        self._checker = RowChecker(statement, table.partition_field if table.kind == "event" else None)
        self._schema = [
            bigquery.SchemaField(column.name, column.data_type, column.mode) for column in statement.columns
        ]
        # Both kinds of table require a filter on their partition column; events land up to days late.
        self._landed_on = "_fivetran_synced >= @begin and _fivetran_synced < @end"
        if table.kind == "event":
            self._landed_on += f" and {table.partition_field} between @first_day and @last_day"
        self._days_with_rows = self._find_days_with_rows(first, last)

    def load(self, files: list[tuple[date, Path]]) -> list[tuple[int, int]]:
        """Land the files of some days in one job, in place of what landed on those days before.

        :returns: rows landed and lines rejected, by file.
        :raises GoogleAPICallError: where BigQuery refuses; none of the files is landed then.
        """
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES, mode="r+b") as good:
            counts = [self._copy_good_lines(day, path, good) for day, path in files]
            for day, _ in files:
                self._clear(day)
            if good.tell():
                config = bigquery.LoadJobConfig(
                    schema=self._schema,
                    source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
                    write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
                    create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
                )
                self._client.load_table_from_file(good, self._address, rewind=True, job_config=config).result()
        return counts

    # Identifiers in the two statements come from the settings and the source list; days are parameters.

    def _find_days_with_rows(self, first: date, last: date) -> set[date]:
        query = short(
            "select distinct date(_fivetran_synced) from `{{ address }}` where {{ landed_on }}",
            address=self._address,
            landed_on=Sql(self._landed_on),
        )
        return {row[0] for row in self._client.query(query, job_config=_landed_between(first, last)).result()}

    def _clear(self, day: date) -> None:
        if day in self._days_with_rows:
            delete = short(
                "delete from `{{ address }}` where {{ landed_on }}",
                address=self._address,
                landed_on=Sql(self._landed_on),
            )
            self._client.query(delete, job_config=_landed_between(day, day)).result()

    def _copy_good_lines(self, day: date, path: Path, good: IO[bytes]) -> tuple[int, int]:
        """Copy the lines that fit the DDL, keep the others as rejects; return how many of each."""
        rows, rejected, rejects = 0, 0, self._rejects / f"{day}.ndjson"
        rejects.unlink(missing_ok=True)
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.decode("utf-8", errors="replace").strip()
                if not text:
                    continue
                if fault := self._checker.fault(text, day):
                    rejected += 1
                    rejects.parent.mkdir(parents=True, exist_ok=True)
                    with rejects.open("a", encoding="utf-8") as out:
                        out.write(json.dumps({"line": number, "reason": fault, "row": text}, ensure_ascii=False) + "\n")
                else:
                    rows += 1
                    good.write(line if line.endswith(b"\n") else line + b"\n")
        return rows, rejected


def _remark(day: str, path: Path, rows: int, rejected: int) -> str:
    if rejected:
        return f"{day}: {rejected:,} of {rows + rejected:,} lines rejected, see {path}."
    return f"{day}: {path} is empty, so the day has no rows: check the source or generate again."


def _assert_exists(client: bigquery.Client, table: str) -> None:
    try:
        client.get_table(f"{client.project}.{settings.layers['bronze'].dataset}.{table}")
    except NotFound:
        raise LoadError(
            f"Bronze table {table} does not exist in {client.project}: run the DAG create_warehouse first."
        ) from None


def load(
    directory: Path,
    tables: list[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    project: str | None = None,
) -> Summary:
    """Land the files of a directory, table by table.

    :param directory: what ``generate`` wrote: ``<table>/<YYYY-MM-DD>.ndjson``.
    :param tables: bronze tables to load; all if None.
    :param start: first day of landing to load; the first there is if None.
    :param end: last day of landing to load; the last there is if None.
    :param project: Google Cloud project; that of the settings if None.
    :raises LoadError: where there is nothing to load, or no place for it.
    """
    known = _raw_tables()
    names = tables or [path.stem for path in layer_files("bronze")]
    if unknown := sorted(set(names) - set(known)):
        raise LoadError(f"No bronze table is called {', '.join(unknown)}: choose from {', '.join(sorted(known))}.")
    if not directory.is_dir():
        raise LoadError(
            f"{directory} does not exist: write it with `python -m tools.sample_sources generate --out {directory}`."
        )
    files = _files(directory, names, start, end)
    if not files:
        raise LoadError(
            f"{directory} has no file for those tables and days: check --tables, --start and --end, or generate them."
        )
    client = warehouse_client(project)
    summary, began, loaders = Summary(), time.monotonic(), {}
    for table in sorted({table for _, table, _ in files}):
        _assert_exists(client, table)
        loaders[table] = TableLoader(client, known[table], directory / "rejects", files[0][0], files[-1][0])
    for table, batch in _batches(files):
        span = f"{table} {batch[0][0]}" + (f" to {batch[-1][0]}" if len(batch) > 1 else "")
        try:
            counts = loaders[table].load(batch)
        except GoogleAPICallError as error:
            summary.failed = True
            summary.warnings.append(f"{span}: not loaded, {error.message}. The other files are; load these again.")
            continue
        for (day, path), (rows, rejected) in zip(batch, counts, strict=True):
            if rejected or not rows:
                where = directory / "rejects" / table / f"{day}.ndjson" if rejected else path
                summary.warnings.append(_remark(f"{table} {day}", where, rows, rejected))
        landed = sum(rows for rows, _ in counts)
        summary.rows += landed
        summary.files += len(batch)
        print(f"  {span}: {landed:,} rows", flush=True)
    missing = [table for table in names if table not in loaders]
    if missing:
        summary.warnings.append(f"No files for {', '.join(missing)}: generate them or name fewer --tables.")
    summary.seconds = time.monotonic() - began
    return summary
