"""A small warehouse that dbt has built, with two people of one home in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery
from martech.privacy.erasure import Erasure
from martech.privacy.person_operators import PersonOperator
from martech.privacy.personal_table import PersonalTable
from martech.warehouse.ddl import render

from include.pipeline.settings import SQL_DIR, settings
from include.privacy.declared_personal_data import model_tables, ops_tables
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

DATASETS = [layer.dataset for layer in settings.layers.values()]


@cache
def declarations(manifest: Path) -> list[PersonalTable]:
    """Return what is declared, read once."""
    return [*model_tables(manifest), *ops_tables()]


@dataclass(frozen=True)
class PrivateWarehouse(DbtWarehouse):
    """A built warehouse, as the steps of an erasure see it."""

    def tables(self) -> list[PersonalTable]:
        """Return what is declared of the tables."""
        declared = declarations(self.manifest)
        return [replace(table, name=table.name.replace(settings.project_id, self.project, 1)) for table in declared]

    def erasure(self, request_id: str) -> Erasure:
        """Return a request."""
        return Erasure(
            self.client,
            request_id=request_id,
            run_id="manual__test",
            table=self.table,
            tables=self.tables(),
            find_customer_sql=render(SQL_DIR / "privacy" / "find_customer.sql", self.sql_context),
            identifiers_sql=render(SQL_DIR / "privacy" / "person_identifiers.sql", self.sql_context),
        )

    def task(self, kind: type[PersonOperator], *, request_id: str, **further: Any) -> PersonOperator:
        """Return a task of a DAG about people.

        :param further: arguments of this kind only.
        """
        return kind(
            task_id="test",
            project_id=self.project,
            location="US",
            request_id=request_id,
            table=self.table,
            load_tables=self.tables,
            sql_dir=SQL_DIR / "privacy",
            sql_context=self.sql_context,
            **further,
        )

    def identifiers(self) -> list[dict[str, str]]:
        """Return all that names anybody, as kind and value."""
        return self.query(render(SQL_DIR / "privacy" / "person_identifiers.sql", {**self.sql_context, "whose": "true"}))

    def build(self) -> None:
        """Build all models for all days."""
        self.build_models(start=FIRST_DAY, end=LAST_DAY)

    def contents(self, layers: list[str]) -> dict[str, list[str]]:
        """Return all rows of all tables of layers as JSON, by table."""
        names = [
            f"{layer}.{item.table_id}"
            for layer in layers
            for item in self.client.list_tables(settings.layers[layer].dataset)
            if item.table_type == "TABLE"
        ]
        contents: dict[str, list[str]] = {name: [] for name in names}
        for some in (names[start : start + 30] for start in range(0, len(names), 30)):
            selects = [
                f"select '{name}' as name, to_json_string(t) as line from `{self.table(name)}` as t "
                f"where {self.every_partition(name)}"
                for name in some
            ]
            for row in self.query(" union all ".join(selects)):
                contents[row["name"]].append(row["line"])
        return {name: sorted(lines) for name, lines in contents.items()}

    def every_partition(self, name: str) -> str:
        """Return a condition that is true of every row: some tables may only be read with one on their partitions."""
        partitioning = self.client.get_table(self.table(name)).time_partitioning
        return f"({partitioning.field} is null or {partitioning.field} is not null)" if partitioning else "true"

    def found(self, traces: tuple[str, ...], layers: list[str]) -> set[str]:
        """Return the tables in which any of the texts is found, read row by row."""
        return {
            table
            for table, rows in self.contents(layers).items()
            if any(trace.casefold() in row.casefold() for row in rows for trace in traces)
        }


@pytest.fixture(scope="module")
def warehouse(sample_warehouse: DbtWarehouse) -> PrivateWarehouse:
    """The built sample, with two people of one home in it."""
    return PrivateWarehouse(sample_warehouse.project, sample_warehouse.url, sample_warehouse.work)


@pytest.fixture(scope="module")
def customer(warehouse: PrivateWarehouse) -> Callable[[int], str]:
    """Return a function that returns the customer of a Shopify customer."""

    def customer_id(shopify_id: int) -> str:
        sql = "select customer_id from identity_map where identity_key = @key"
        parameters = [bigquery.ScalarQueryParameter("key", "STRING", f"shopify:customer:{shopify_id}")]
        dataset = f"{warehouse.project}.{settings.layers['silver'].dataset}"
        config = bigquery.QueryJobConfig(query_parameters=parameters, default_dataset=dataset)
        return next(iter(warehouse.client.query(sql, job_config=config).result()))["customer_id"]

    return customer_id
