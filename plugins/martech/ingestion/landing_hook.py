"""What a landing asks the warehouse: which tables connectors have made, and how full the bronze table is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from google.api_core.exceptions import NotFound

from martech.ingestion.connector_tables import Catalog
from martech.ingestion.landed_table import LandedTable, LandingError, SourceLanding
from martech.ingestion.landing import Plan
from martech.ingestion.landing_columns import normalized
from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import Sql, require_identifier, statement


@dataclass(frozen=True)
class Filling:
    """How full the landed days of a bronze table are.

    :param rows: rows of these days.
    :param empty: mapped columns that have no value in any of them.
    """

    rows: int
    empty: tuple[str, ...]


class LandingHook(WarehouseClient):
    """Reads the schema of connectors' datasets, and runs what a plan says."""

    def catalog(self, landing: SourceLanding) -> Catalog:
        """Return columns and types of the connectors' tables that the landing reads.

        :param landing: how the source lands.
        :raises LandingError: where a dataset does not exist or cannot be read.
        """
        inputs = [source for table in landing.tables for source in table.inputs]
        names = sorted({normalized(name) for source in inputs for name in (*source.names, *source.shards)})
        return {dataset: self._tables(landing, dataset, names) for dataset in landing.datasets}

    def _tables(self, landing: SourceLanding, dataset: str, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        require_identifier("dataset", dataset)
        sql = statement("ingestion/sql/connector_columns.sql", project=self.project_id, dataset=dataset)
        try:
            rows = list(self.query(sql, names=list(names)))
        except NotFound as error:
            raise LandingError(
                f"There is no dataset {dataset} in {self.project_id} and its location, which {landing.variable} names. "
                f"Connect {landing.source} to it, or correct the variable."
            ) from error
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            found.setdefault(row.table_name, {})[row.column_name] = row.data_type
        return found

    def land(self, plan: Plan) -> None:
        """Run the statement of a plan.

        :param plan: what to run.
        """
        self.query(plan.sql, **plan.values)

    def not_landed(
        self, bronze_dataset: str, table: LandedTable, plan: Plan, first: date
    ) -> list[tuple[str, int, date]]:
        """Return connectors' tables with rows from before the first day that lands: table, rows, and their first day.

        :param bronze_dataset: dataset of the bronze table.
        :param table: the bronze table; where it has earlier days nothing is returned.
        :param plan: what is to land.
        :param first: the first day of the window.
        """
        found = []
        for name, synced in plan.origins:
            sql = statement(
                "ingestion/sql/not_landed.sql",
                connector_table=name,
                synced=synced,
                **self._partitions(bronze_dataset, table),
            )
            (row,) = self.query(sql, first=first)
            if row.older_rows:
                found.append((name, row.older_rows, row.first_day))
        return found

    def synced_since(self, origins: Mapping[str, Sql], moment: datetime) -> dict[str, int]:
        """Return connectors' tables that have rows which synced at a moment or later, and how many.

        :param origins: SQL of the time of the sync by table.
        :param moment: the moment.
        """
        if not origins:
            return {}
        sql = statement("ingestion/sql/synced_meanwhile.sql", origins=sorted(origins.items()))
        return {row.connector_table: row.new_rows for row in self.query(sql, moment=moment) if row.new_rows}

    def shared_keys(self, bronze_dataset: str, table: LandedTable, days: Iterable[date]) -> list[str]:
        """Return keys that several connections have, at most three: later layers take them for one record.

        :param bronze_dataset: its dataset.
        :param table: the bronze table.
        :param days: partitions to look at.
        """
        keys = [require_identifier("key", name) for name in table.key]
        rows = self.query(
            statement(
                "ingestion/sql/shared_keys.sql",
                shared_key=Sql("concat(" + ", '/', ".join(f"cast({key} as string)" for key in keys) + ")"),
                identity=Sql(", ".join(keys)),
                **self._partitions(bronze_dataset, table),
            ),
            first=min(days),
            last=max(days),
        )
        return [row.shared_key for row in rows]

    def _partitions(self, bronze_dataset: str, table: LandedTable) -> dict[str, str]:
        """Return a table and its partition column, whose bounds have its own type, so that BigQuery prunes."""
        return {
            "table": f"{self.project_id}.{bronze_dataset}.{table.name}",
            "field": table.partition_field,
            "kind": table.columns[table.partition_field].lower(),
        }

    def filling(self, bronze_dataset: str, table: LandedTable, days: Iterable[date]) -> Filling:
        """Return how full the days of a bronze table are.

        :param bronze_dataset: its dataset.
        :param table: the bronze table.
        :param days: partitions to look at.
        """
        counts = ", ".join(f"countif({require_identifier('column', name)} is not null)" for name in table.mapped)
        sql = statement("ingestion/sql/filling.sql", counts=Sql(counts), **self._partitions(bronze_dataset, table))
        (row,) = self.query(sql, first=min(days), last=max(days))
        empty = [column for column, count in zip(table.mapped, row.filled, strict=True) if not count]
        return Filling(row.landed, tuple(empty))
