"""A small raw table, as the plugin tests use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from google.cloud import bigquery

PROJECT = "nexvigilant-marketing-prod"
DAY = date(2026, 11, 22)
COLUMNS = {"id": "STRING", "event_date": "DATE", "amount": "NUMERIC", "_fivetran_synced": "TIMESTAMP"}


@dataclass(frozen=True)
class Dataset:
    """A dataset that belongs to one test."""

    client: bigquery.Client
    name: str

    def create_table(self, table: str, columns: dict[str, str] | None = None, partition_by: str = "event_date") -> None:
        """Create a partitioned table."""
        definitions = ", ".join(f"{name} {kind}" for name, kind in (columns or COLUMNS).items())
        self.query(f"create table `{PROJECT}.{self.name}.{table}` ({definitions}) partition by {partition_by}")

    def land(self, table: str, day: date, rows: int, synced: datetime | None = None) -> None:
        """Land rows of a day, by default synced at its noon."""
        self._land(table, [day], rows, synced or datetime(day.year, day.month, day.day, 12))

    def land_history(self, table: str, days: int, rows: int) -> None:
        """Land the days before DAY."""
        self._land(table, [DAY - timedelta(days=ago) for ago in range(1, days + 1)], rows, datetime(2026, 11, 1))

    def _land(self, table: str, days: list[date], rows: int, synced: datetime) -> None:
        statement = f"""
            insert into `{PROJECT}.{self.name}.{table}` (id, event_date, _fivetran_synced)
            select cast(n as string), day, @synced
            from unnest(@days) as day cross join unnest(generate_array(1, @rows)) as n
        """
        parameters = [
            bigquery.ArrayQueryParameter("days", "DATE", days),
            bigquery.ScalarQueryParameter("rows", "INT64", rows),
            bigquery.ScalarQueryParameter("synced", "TIMESTAMP", synced),
        ]
        self.client.query(statement, bigquery.QueryJobConfig(query_parameters=parameters)).result()

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        return [dict(row) for row in self.client.query(sql).result()]
