"""What BigQuery tables keep, and for how long."""

from __future__ import annotations

from datetime import date, datetime

from martech.retention.policy import TableRetention
from martech.warehouse.ddl import require_identifier
from martech.warehouse.hook import WarehouseHook

MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000


class BigQueryRetentionHook(WarehouseHook):
    """Reads and sets the partition expiry of tables.

    :raises ValueError: for a name that is not a plain identifier.
    """

    def tables(self, dataset_id: str) -> dict[str, TableRetention]:
        """Return all tables of a dataset by id, views not among them; reads no table data.

        :param dataset_id: the dataset.
        :raises AirflowException: where the dataset is missing.
        """
        dataset = f"{self.project_id}.{require_identifier('dataset_id', dataset_id)}"
        with self.cure_of_missing_dataset():
            rows = list(
                self.query(
                    f"""
                    with expiries as (
                        select
                            table_name,
                            max(
                                if(option_name = 'partition_expiration_days', cast(option_value as float64), null)
                            ) as expiration_days,
                            logical_or(option_name = 'expiration_timestamp') as is_temporary
                        from `{dataset}.INFORMATION_SCHEMA.TABLE_OPTIONS`
                        where option_name in ('partition_expiration_days', 'expiration_timestamp')
                        group by table_name
                    ),

                    partitioned as (
                        select distinct table_name
                        from `{dataset}.INFORMATION_SCHEMA.COLUMNS`
                        where is_partitioning_column = 'YES'
                    ),

                    partitions as (
                        select
                            table_name,
                            min(partition_id) as oldest
                        from `{dataset}.INFORMATION_SCHEMA.PARTITIONS`
                        where regexp_contains(partition_id, r'^[0-9]+$')
                        group by table_name
                    )

                    select
                        tables.table_name,
                        partitioned.table_name is not null as is_partitioned,
                        expiries.expiration_days,
                        partitions.oldest,
                        coalesce(expiries.is_temporary, false) as is_temporary
                    from `{dataset}.INFORMATION_SCHEMA.TABLES` as tables
                    left join expiries on tables.table_name = expiries.table_name
                    left join partitioned on tables.table_name = partitioned.table_name
                    left join partitions on tables.table_name = partitions.table_name
                    where tables.table_type = 'BASE TABLE'
                    order by tables.table_name
                    """  # noqa: S608 - identifiers are validated
                )
            )
        return {
            row.table_name: TableRetention(
                is_partitioned=row.is_partitioned,
                expiration_days=row.expiration_days,
                oldest=row.oldest and self.partition_day(row.oldest),
                is_temporary=row.is_temporary,
            )
            for row in rows
        }

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
        with self.cure_of_missing_dataset():
            dataset = self.client.get_dataset(f"{self.project_id}.{require_identifier('dataset_id', dataset_id)}")
        expiries = (dataset.default_table_expiration_ms, dataset.default_partition_expiration_ms)
        tables, partitions = (None if ms is None else ms / MILLISECONDS_PER_DAY for ms in expiries)
        return tables, partitions

    def set_expiration(self, dataset_id: str, table_id: str, days: int | None) -> None:
        """Set a table's partition expiry; BigQuery then deletes what is older, by itself.

        :param dataset_id: the dataset.
        :param table_id: the table, which has partitions.
        :param days: days from a partition's day on; None keeps partitions for ever.
        """
        table = f"{require_identifier('dataset_id', dataset_id)}.{require_identifier('table_id', table_id)}"
        value = "null" if days is None else int(days)
        self.query(f"alter table `{self.project_id}.{table}` set options (partition_expiration_days = {value})")
