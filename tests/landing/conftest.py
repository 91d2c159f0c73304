"""A project per module in the embedded warehouse with empty bronze tables, and a way to land in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.ingestion.landed_table import SourceLanding
from martech.ingestion.landing_operator import LandRowsOperator
from martech.warehouse.ddl import load_scripts

from include.landing.declared_landings import source_landing
from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings
from tests.landing.connectors import Connectors

BRONZE = settings.layers["bronze"].dataset
OPS = settings.layers["ops"].dataset
numbers = count(1)


@dataclass(frozen=True)
class Warehouse:
    """A project with empty bronze tables and datasets of connectors."""

    client: bigquery.Client
    connectors: Connectors

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement in which bronze tables need no dataset, and return its rows."""
        config = bigquery.QueryJobConfig(default_dataset=f"{self.client.project}.{BRONZE}")
        return [dict(row) for row in self.client.query(sql, config).result()]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a bronze table in one order."""
        found = self.client.list_rows(self.client.get_table(f"{self.client.project}.{BRONZE}.{table}"))
        return sorted((dict(row) for row in found), key=str)

    def operator(
        self,
        source: str,
        *datasets: str,
        days: Sequence[date],
        only: Sequence[str] = (),
        connector: str = "",
        **kwargs: Any,
    ) -> LandRowsOperator:
        """Return the task that lands a source, or some of its tables, from its own or another connector."""
        landing: SourceLanding = replace(source_landing(source), datasets=datasets)
        landing = replace(landing, connector=connector or landing.connector)
        if only:
            landing = replace(landing, tables=tuple(table for table in landing.tables if table.name in only))
        return LandRowsOperator(
            task_id="land_rows",
            landing=lambda: landing,
            dataset_id=BRONZE,
            days=days,
            project_id=self.client.project,
            location="US",
            **kwargs,
        )

    def land(self, source: str, *datasets: str, days: Sequence[date], **kwargs: Any) -> dict[str, Any]:
        """Land days of a source."""
        task = SimpleNamespace(dag_id=f"ingest_{source}", task_id="land_rows", run_id="run 1", try_number=1)
        return self.operator(source, *datasets, days=days, **kwargs).execute({"ti": task})

    def empty(self, *tables: str) -> None:
        """Take all rows out of bronze tables."""
        for table in tables:
            self.query(f"truncate table {table}")


@pytest.fixture(scope="session")
def make_warehouse(warehouse_url: str) -> Callable[[], Warehouse]:
    """Return a function that makes a project with empty bronze tables."""

    def make() -> Warehouse:
        project = f"landing-{next(numbers)}"
        client = bigquery.Client(project, credentials=AnonymousCredentials(), location="US")
        warehouse = Warehouse(client, Connectors(client))
        for dataset in (BRONZE, OPS):
            warehouse.connectors.make_dataset(dataset)
        context = {**settings.sql_context, "project_id": project}
        checks = [path for path in layer_files("ops") if path.stem == "partition_checks"]
        for script in load_scripts([*layer_files("bronze"), *checks], context):
            client.query(script.sql).result()
        return warehouse

    return make


@pytest.fixture(scope="module")
def warehouse(make_warehouse: Callable[[], Warehouse]) -> Warehouse:
    """A project that belongs to one module."""
    return make_warehouse()
