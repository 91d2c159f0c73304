"""A dataset per test in the embedded warehouse, and what a task knows about itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.ingestion.raw_table import RawTable
from martech.warehouse.partitions_client import PartitionsClient

from tests.plugins.fivetran_server import FivetranServer, serve_fivetran
from tests.plugins.sample import COLUMNS, PROJECT, Dataset

numbers = count(1)


@pytest.fixture(scope="session")
def client(warehouse_url: str) -> bigquery.Client:
    return bigquery.Client(PROJECT, credentials=AnonymousCredentials(), location="US")


@pytest.fixture
def dataset(client: bigquery.Client) -> Dataset:
    name = f"plugins_test_{next(numbers)}"
    client.query(f"create schema `{PROJECT}.{name}`").result()
    return Dataset(client, name)


@pytest.fixture
def partitions(client: bigquery.Client) -> PartitionsClient:
    return PartitionsClient(project_id=PROJECT, location="US")


@pytest.fixture
def context() -> dict[str, Any]:
    task = SimpleNamespace(dag_id="ingest_zendesk", task_id="check.Partitions", run_id="run 1", try_number=1)
    return {"ti": task, "task_instance": task}


@pytest.fixture
def expectation() -> RawTable:
    return RawTable("tickets", COLUMNS, partition_field="event_date")


@pytest.fixture
def fivetran(monkeypatch: pytest.MonkeyPatch) -> Iterator[FivetranServer]:
    """A stand-in for Fivetran that connection `fivetran_default` points at."""
    with serve_fivetran() as server:
        connection = f"http://key:s3cret@127.0.0.1:{server.port}"
        monkeypatch.setenv("AIRFLOW_CONN_FIVETRAN_DEFAULT", connection)
        yield server
