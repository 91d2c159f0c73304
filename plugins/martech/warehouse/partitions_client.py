"""What BigQuery knows about the partitions and columns of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import Sql, require_identifier, statement


class PartitionsClient(WarehouseClient):
    """Reads partitions, columns and landing times of tables.

    :raises ValueError: for a name that is not a plain identifier.
    """

    def _information_schema(self, sql: Sql, **values: Any) -> list[Any]:
        # "Nothing has landed" would be the wrong answer: it would wait for hours.
        with self.fix_of_missing_dataset():
            return list(self.query(sql, **values))

    def rows_by_day(
        self, dataset_id: str, tables: Iterable[str], first: date, last: date
    ) -> dict[str, dict[date, int]]:
        """Return rows by table and day from INFORMATION_SCHEMA.PARTITIONS, which reads no table data.

        :param dataset_id: dataset of the tables.
        :param tables: ids of tables that are partitioned by day.
        :param first: first day, included.
        :param last: last day, included.
        :return: an entry for every table; days without a partition are left out.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        names = [require_identifier("table", table) for table in tables]
        rows = self._information_schema(
            statement("warehouse/sql/partition_rows.sql", project=self.project_id, dataset=dataset),
            tables=names,
            first_partition=f"{first:%Y%m%d}",
            last_partition=f"{last:%Y%m%d}",
        )
        found: dict[str, dict[date, int]] = {name: {} for name in names}
        for row in rows:
            day = datetime.strptime(row.partition_id, "%Y%m%d").date()
            found[row.table_name][day] = row.total_rows
        return found

    def columns(self, dataset_id: str, tables: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return types by table and column name from INFORMATION_SCHEMA.COLUMNS.

        :param dataset_id: dataset of the tables.
        :param tables: table ids; tables that don't exist have no entry.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        names = [require_identifier("table", table) for table in tables]
        rows = self._information_schema(
            statement("warehouse/sql/columns.sql", project=self.project_id, dataset=dataset),
            tables=names,
        )
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            found.setdefault(row.table_name, {})[row.column_name] = row.data_type
        return found

    def newest_by_day(  # noqa: PLR0913 - what a table is known by
        self,
        dataset_id: str,
        table: str,
        days: Sequence[date],
        *,
        partition_field: str,
        partition_type: str,
        loaded_at_field: str,
    ) -> dict[date, datetime | None]:
        """Return the newest landing time by day, reading only the partitions of the span of days.

        :param dataset_id: dataset of the table.
        :param table: table id.
        :param days: days to look at, at least one.
        :param partition_field: column whose day is the partition.
        :param partition_type: its type: DATE, TIMESTAMP or DATETIME.
        :param loaded_at_field: TIMESTAMP column with the landing time.
        :return: landing times by day; days without rows are left out.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        name = require_identifier("table", table)
        field = require_identifier("partition_field", partition_field)
        rows = self.query(
            statement(
                "warehouse/sql/newest_by_day.sql",
                field=field,
                loaded_at_field=require_identifier("loaded_at_field", loaded_at_field),
                project=self.project_id,
                dataset=dataset,
                name=name,
                kind=_bound_type(partition_type),
            ),
            first=min(days),
            after_last=max(days) + timedelta(days=1),
        )
        return {row.day: row.newest for row in rows}

    def copies(  # noqa: PLR0913 - what a table is known by
        self,
        dataset_id: str,
        table: str,
        day: date,
        *,
        partition_field: str,
        partition_type: str,
        loaded_at_field: str,
    ) -> int:
        """Return how many rows of a day repeat another one in all columns but the landing time; reads the partition.

        :param dataset_id: dataset of the table.
        :param table: table id.
        :param day: the day.
        :param partition_field: column whose day is the partition.
        :param partition_type: its type: DATE, TIMESTAMP or DATETIME.
        :param loaded_at_field: TIMESTAMP column with the landing time.
        """
        dataset = require_identifier("dataset_id", dataset_id)
        name = require_identifier("table", table)
        rows = self.query(
            statement(
                "warehouse/sql/copies.sql",
                field=require_identifier("partition_field", partition_field),
                loaded_at_field=require_identifier("loaded_at_field", loaded_at_field),
                project=self.project_id,
                dataset=dataset,
                name=name,
                kind=_bound_type(partition_type),
            ),
            first=day,
        )
        return int(next(iter(rows)).copies)


def _bound_type(partition_type: str) -> str:
    """Return the type of the bounds of a partition column: its own, so that BigQuery prunes partitions."""
    return partition_type.lower() if partition_type in ("TIMESTAMP", "DATETIME") else "date"
