"""Every query of the runbooks and other docs runs on the tables that the DDL makes: nobody corrects SQL at 3 a.m."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.warehouse.operators import BigQueryScriptsOperator

from include.pipeline.dag_defaults import WAREHOUSE, layer_labels
from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings
from tests.documented_queries import documented_queries


@pytest.fixture(scope="module")
def client(warehouse_url: str) -> bigquery.Client:
    """Return a client of a warehouse with all tables, empty."""
    operator = BigQueryScriptsOperator(
        task_id="create_tables",
        **WAREHOUSE,
        datasets={layer.dataset: layer_labels(layer) for layer in settings.layers.values()},
        files=[file for layer in ("ops", "secrets", "bronze", "silver", "gold") for file in layer_files(layer)],
        sql_context=settings.sql_context,
    )
    task = SimpleNamespace(dag_id="create_warehouse", task_id="create_tables", run_id="r", try_number=1)
    operator.execute({"ti": task, "task_instance": task})
    return bigquery.Client(settings.project_id, credentials=AnonymousCredentials(), location=settings.location)


@pytest.mark.parametrize("query", documented_queries(on_models=False))
def test_query_runs(client: bigquery.Client, query: str) -> None:
    assert list(client.query(query).result()) is not None
