"""Every query that an operator sends says which task it is for, and keeps to the limit of bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from martech.ingestion.operators import BigQueryPartitionCheckOperator
from martech.ingestion.raw_table import RawTable
from martech.retention.operators import EnforceRetentionOperator
from martech.warehouse.operators import BigQueryScriptsOperator, WarehouseOperator

from tests.plugins.sample import DAY, PROJECT, Dataset

LIMIT = 10**8
WAREHOUSE = {"project_id": PROJECT, "location": "US", "maximum_bytes_billed": LIMIT}


def check(dataset: Dataset, expectation: RawTable, _: Path) -> WarehouseOperator:
    return BigQueryPartitionCheckOperator(
        task_id="t", dataset_id=dataset.name, tables=[expectation], days=[DAY], **WAREHOUSE
    )


def create(dataset: Dataset, _: RawTable, folder: Path) -> WarehouseOperator:
    file = folder / "made.sql"
    file.write_text(f"create table if not exists `{PROJECT}.{dataset.name}.made` (id string)")
    return BigQueryScriptsOperator(task_id="t", files=[file], sql_context={}, datasets={}, **WAREHOUSE)


def enforce(dataset: Dataset, _: RawTable, __: Path) -> WarehouseOperator:
    # The drift makes it write too.
    return EnforceRetentionOperator(task_id="t", load_declared=lambda: {dataset.name: {"tickets": 90}}, **WAREHOUSE)


@pytest.mark.parametrize("make", [check, create, enforce])
def test_every_query_of_an_operator_has_labels_and_a_limit(
    make: Any, dataset: Dataset, expectation: RawTable, context: dict[str, Any], tmp_path: Path
) -> None:
    dataset.create_table("tickets")
    dataset.land("tickets", DAY, 3)
    operator = make(dataset, expectation, tmp_path)
    before = {job.job_id for job in dataset.client.list_jobs(max_results=10_000)}
    operator.execute(context)
    jobs = [job for job in dataset.client.list_jobs(max_results=10_000) if job.job_id not in before]
    assert jobs
    # The labels of a LOAD, which is free, are proved in test_partitions_client.py.
    assert {(job.labels["airflow-dag"], job.labels["airflow-task"], job.maximum_bytes_billed) for job in jobs} == {
        ("ingest_zendesk", "check-partitions", LIMIT)
    }
