"""Every query that dbt sends says which task and model it is for, and keeps to the limit of bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from google.cloud import bigquery
from martech.warehouse.client import job_labels

from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


@pytest.fixture(scope="module")
def jobs(dbt_warehouse: Callable[[str], DbtWarehouse]) -> list[bigquery.QueryJob]:
    """Return the jobs of one dbt run inside a task: a seed, an incremental model and their tests."""
    warehouse = dbt_warehouse("label-tests")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CTX_DAG_ID", "Build.Silver")
        patch.setenv("AIRFLOW_CTX_TASK_ID", "resolve_identity")
        patch.setenv("MARKETING_MAXIMUM_BYTES_BILLED", str(10**9))
        before = {job.job_id for job in warehouse.client.list_jobs(max_results=10_000)}
        select = ["identity_weights", "stg_google_ads__clicks"]
        warehouse.dbt("build", "--select", *select, start=FIRST_DAY, end=LAST_DAY)
    sent = [job for job in warehouse.client.list_jobs(max_results=10_000) if job.job_id not in before]
    return [job for job in sent if job.job_type == "query"]


def test_every_query_carries_the_task_as_operators_spell_it(jobs: list[bigquery.QueryJob]) -> None:
    task = SimpleNamespace(dag_id="Build.Silver", task_id="resolve_identity")
    expected = job_labels({"ti": task})
    assert jobs
    assert [job.query for job in jobs if not expected.items() <= job.labels.items()] == []


def test_every_query_of_a_node_carries_its_model(jobs: list[bigquery.QueryJob]) -> None:
    models = {(job.labels.get("dbt-resource-type"), job.labels.get("dbt-model")) for job in jobs}
    assert {
        ("seed", "identity_weights"),
        ("model", "stg_google_ads__clicks"),
        ("test", "stg_google_ads__clicks"),
    } <= models
    # What is not for a node, such as creating a dataset, reads no table.
    assert [job.query for job in jobs if not job.labels.get("dbt-model") and "select" in job.query.lower()] == []


def test_labels_are_spelled_as_bigquery_allows(jobs: list[bigquery.QueryJob]) -> None:
    assert [job.labels for job in jobs if not all(map(LABEL_VALUE.fullmatch, job.labels.values()))] == []


def test_every_query_has_a_limit_of_bytes(jobs: list[bigquery.QueryJob]) -> None:
    assert {job.maximum_bytes_billed for job in jobs} == {10**9}
