"""A task per model (``MARKETING_DBT_TASKS=models``) leaves the same tables as the steps, to the bit.

Gold is built here, which reads all the others; ``tests/pipeline/test_dbt_tasks.py`` proves the graph of both layers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG
from martech.privacy.person_request import everywhere_sql

from include.pipeline.dbt_steps import GOLD, build_models_with_dbt
from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import LAST_DAY, DbtWarehouse
from tests.embedded import SAMPLE_PROJECT

# The day before the last: what comes after it makes a difference where a task would see another state.
DAY = LAST_DAY - timedelta(days=1)
LAYERS = ("intermediate", "gold")


def words(names: Any) -> list[str]:
    """Return names that Cosmos keeps as a list or between blanks."""
    return names.split() if isinstance(names, str) else list(names or ())


def build(warehouse: DbtWarehouse, select: Any, exclude: Any) -> None:
    """Build models for the day, as a task would."""
    choice = ["--select", *words(select), *(["--exclude", *words(exclude)] if exclude else [])]
    warehouse.build_models(*choice, start=DAY, end=DAY)


def contents(warehouse: DbtWarehouse) -> dict[str, tuple[int, int]]:
    """Return rows and a hash over all values of every table."""
    found = {}
    for layer in LAYERS:
        dataset = f"{warehouse.project}.{settings.layers[layer].dataset}"
        for table in warehouse.client.list_tables(dataset):
            sql = (
                "select count(*) as n, coalesce(bit_xor(farm_fingerprint(to_json_string(t))), 0) as print "
                f"from `{dataset}.{table.table_id}` as t "
                f"where {everywhere_sql(warehouse.client.get_table(table.reference))}"
            )
            (row,) = warehouse.query(sql)
            found[f"{layer}.{table.table_id}"] = (row["n"], row["print"])
    return found


@pytest.fixture
def copied(
    built_sample: Path, serve_warehouse: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> Callable[[str], AbstractContextManager[DbtWarehouse]]:
    """Return a function that serves a copy of the built sample."""

    @contextmanager
    def serve(name: str) -> Iterator[DbtWarehouse]:
        folder = tmp_path / name
        shutil.copytree(built_sample, folder)
        with serve_warehouse(folder / "data") as url:
            yield DbtWarehouse(SAMPLE_PROJECT, url, folder / "dbt")

    return serve


def test_a_task_per_model_leaves_the_same_tables(
    copied: Callable[[str], AbstractContextManager[DbtWarehouse]],
) -> None:
    with copied("steps") as warehouse:
        before = contents(warehouse)
        for step in GOLD:
            build(warehouse, step.select, step.exclude)
        by_steps = contents(warehouse)
    with DAG("models", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None):
        group = build_models_with_dbt(GOLD)
    with copied("models") as warehouse:
        assert contents(warehouse) == before
        for task in group.topological_sort():
            if task.task_id.endswith("_build"):
                build(warehouse, task.select, task.exclude)
        by_models = contents(warehouse)
    assert by_steps != before, "the day that is built again must differ from the whole sample built at once"
    assert {name for name in by_steps if by_steps[name] != by_models.get(name)} == set()
    assert by_models.keys() == by_steps.keys()
