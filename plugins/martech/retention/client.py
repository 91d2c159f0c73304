"""What BigQuery tables keep, and for how long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from martech.retention.policy import TableRetention
from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import require_identifier, statement

DAY = re.compile(r"\d{8}")
MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000


class RetentionClient(WarehouseClient):
    """Reads and sets the partition expiry of tables.

    :raises ValueError: for a name that is not a plain identifier.
    """

    def tables(self, dataset_id: str) -> dict[str, TableRetention]:
        """Return all tables of a dataset by id, views not among them; reads no table data.

        :param dataset_id: the dataset.
        :raises AirflowException: where the dataset is missing.
        """
        dataset = f"{self.project_id}.{require_identifier('dataset_id', dataset_id)}"
        with self.fix_of_missing_dataset():
            rows = list(self.query(statement("retention/sql/tables.sql", dataset=dataset)))
        return {
            row.table_name: TableRetention(
                is_partitioned=row.is_partitioned,
                expiration_days=row.expiration_days,
                oldest=row.oldest and self.partition_day(row.oldest),
                is_temporary=row.is_temporary,
            )
            for row in rows
        }

    def tables_by_day(self, dataset_id: str, prefixes: Sequence[str]) -> dict[str, date]:
        """Return the day of each table that an export has made for a day; lists names only.

        :param dataset_id: the dataset.
        :param prefixes: what the tables' names begin with, before the day.
        :raises AirflowException: where the dataset is missing.
        """
        dataset = f"{self.project_id}.{require_identifier('dataset_id', dataset_id)}"
        with self.fix_of_missing_dataset():
            names = [table.table_id for table in self.bigquery.list_tables(dataset)]
        found = [(name, name.removeprefix(prefix)) for name in names for prefix in prefixes if name.startswith(prefix)]
        return {name: self.partition_day(day) for name, day in found if DAY.fullmatch(day)}

    @staticmethod
    def partition_day(partition_id: str) -> date:
        """Return the first day of a partition.

        :param partition_id: digits of an hour, day, month or year, such as ``202611``.
        """
        return datetime.strptime(f"{partition_id}0101"[:8], "%Y%m%d").date()

    def default_expirations(self, dataset_id: str) -> tuple[float | None, float | None]:
        """Return a dataset's default expiry of tables and of partitions, in days; None where there is none.

        :param dataset_id: the dataset.
        :raises AirflowException: where the dataset is missing.
        """
        with self.fix_of_missing_dataset():
            dataset = self.bigquery.get_dataset(f"{self.project_id}.{require_identifier('dataset_id', dataset_id)}")
        expiries = (dataset.default_table_expiration_ms, dataset.default_partition_expiration_ms)
        tables, partitions = (None if ms is None else ms / MILLISECONDS_PER_DAY for ms in expiries)
        return tables, partitions

    def set_expiration(self, dataset_id: str, table_id: str, days: int | None) -> None:
        """Set a table's partition expiry; BigQuery then deletes what is older, by itself.

        :param dataset_id: the dataset.
        :param table_id: the table, which has partitions.
        :param days: days from a partition's day on; None keeps partitions forever.
        """
        table = f"{require_identifier('dataset_id', dataset_id)}.{require_identifier('table_id', table_id)}"
        self.query(statement("retention/sql/set_expiration.sql", project=self.project_id, table=table, days=days))
