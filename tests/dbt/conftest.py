"""Fixtures for every test of a dbt model.

A test asks for ``dbt_warehouse("some-project-id")`` and gets a Google Cloud project of its own in the
session's warehouse, with all datasets and empty bronze tables; ``sample_days`` is a small generated sample.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, SEED, DbtWarehouse
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe


@pytest.fixture(scope="session")
def dbt_warehouse(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], DbtWarehouse]:
    """Make a project with all datasets and empty bronze tables: ``dbt_warehouse("project-id")``."""

    def make(project: str) -> DbtWarehouse:
        warehouse = DbtWarehouse(project, warehouse_url, tmp_path_factory.mktemp(project))
        warehouse.create_datasets()
        warehouse.create_layer("bronze")
        return warehouse

    return make


@pytest.fixture(scope="session")
def sample_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw data of 50 customers that lands from FIRST_DAY to LAST_DAY, duplicates and late rows among it."""
    directory = tmp_path_factory.mktemp("sample")
    generate(Recipe(50, FIRST_DAY, LAST_DAY, seed=SEED, difficulty="hard"), directory)
    return directory
