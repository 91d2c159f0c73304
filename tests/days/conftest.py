"""A project of its own per test, with the tables of operations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from tests.dbt.dbt_warehouse import DbtWarehouse

numbers = count(1)


@pytest.fixture
def make_project(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], DbtWarehouse]:
    """Return a function that makes a project with datasets and the tables of operations."""

    def make() -> DbtWarehouse:
        project = f"days-of-tests-{next(numbers)}"
        warehouse = DbtWarehouse(project, warehouse_url, tmp_path_factory.mktemp(project))
        warehouse.create_datasets()
        warehouse.create_layer("ops")
        return warehouse

    return make
