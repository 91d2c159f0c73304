"""Every task that asks BigQuery does so through one base, with the project's limit of bytes."""

from __future__ import annotations

from typing import Any

import pytest
from martech.ingestion.partition_sensor import BigQueryPartitionsSensor
from martech.warehouse.operators import WarehouseOperator

from include.pipeline.settings import settings

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2.11
    from airflow.models import DagBag


@pytest.fixture(scope="module")
def tasks() -> list[Any]:
    return [task for dag in DagBag().dags.values() for task in dag.tasks]


def test_every_warehouse_task_has_the_limit(tasks: list[Any]) -> None:
    asking = [task for task in tasks if isinstance(task, WarehouseOperator | BigQueryPartitionsSensor)]
    assert {task.maximum_bytes_billed for task in asking} == {settings.maximum_bytes_billed}


def test_no_task_goes_to_bigquery_past_the_base(tasks: list[Any]) -> None:
    """dbt's tasks have their limit in profiles.yml; Google's operators would have neither labels nor limit."""
    modules = {type(task).__module__ for task in tasks}
    assert {module for module in modules if module.startswith("airflow.providers.google")} == set()
    names = {type(task).__name__ for task in tasks if "BigQuery" in type(task).__name__}
    assert names == {"BigQueryPartitionsSensor", "BigQueryPartitionCheckOperator", "BigQueryScriptsOperator"}
