"""Embedded warehouses for tests: an empty one, and copies of one in which dbt has built a small sample.

The sample is built once per run of pytest, whatever the number of workers. A module that asks for ``sample_warehouse``
gets a warehouse of its own on a copy of the files, and may change in it what it likes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from filelock import FileLock

from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, SEED, DbtWarehouse
from tests.privacy import people
from tools.local.services import free_port, wait_for_http, warehouse_command
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe

SAMPLE_PROJECT = "built-sample"


@contextlib.contextmanager
def serving(data_dir: Path | None = None, *, googlesql: str = "on") -> Iterator[str]:
    """Serve an embedded warehouse, point Google's clients at it, and yield its address.

    :param data_dir: where it keeps its tables; None keeps them in memory.
    :param googlesql: what it does with GoogleSQL's analyzer (docs/emulator.md).
    """
    environ = {**os.environ, "EMULATOR_GOOGLESQL": googlesql}
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = warehouse_command(port, data_dir)
    with subprocess.Popen(command, env=environ) as server, pytest.MonkeyPatch.context() as patch:

        def check() -> None:
            assert server.poll() is None, "the embedded warehouse has stopped"

        try:
            wait_for_http(f"{url}/bigquery/v2/projects", check)
            patch.setenv("BIGQUERY_EMULATOR_HOST", url)
            yield url
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def serve_warehouse() -> Callable[..., AbstractContextManager[str]]:
    """Return a function that serves a warehouse, as ``serving`` does: for a test that starts one of its own."""
    return serving


@pytest.fixture(scope="session")
def warehouse_url() -> Iterator[str]:
    """Serve an empty embedded warehouse for this test session and point Google's clients at it."""
    with serving() as url:
        yield url


def _build(folder: Path) -> None:
    generate(Recipe(50, FIRST_DAY, LAST_DAY, seed=SEED, difficulty="hard"), folder / "sample")
    with serving(folder / "data") as url:
        warehouse = DbtWarehouse(SAMPLE_PROJECT, url, folder / "dbt")
        warehouse.create_datasets()
        for layer in ("bronze", "ops", "secrets", "silver", "gold"):
            warehouse.create_layer(layer)
        warehouse.land(folder / "sample", FIRST_DAY, LAST_DAY)
        people.land(warehouse)
        warehouse.build_models(start=FIRST_DAY, end=LAST_DAY)


@pytest.fixture(scope="session")
def built_sample(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Build all models from 50 customers, and two people of one home, in a warehouse that is stopped then.

    Returns the folder of its files: ``data``, and ``dbt`` with what dbt compiled.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder = shared / "built-sample"
    with FileLock(shared / "built-sample.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)  # what another worker failed to build
            _build(folder)
            (folder / "complete").touch()
    return folder


@pytest.fixture(scope="module")
def sample_warehouse(built_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtWarehouse]:
    """Serve a copy of the built sample to one module."""
    copy = tmp_path_factory.mktemp("sample-warehouse")
    shutil.copytree(built_sample, copy, dirs_exist_ok=True)
    with serving(copy / "data") as url:
        yield DbtWarehouse(SAMPLE_PROJECT, url, copy / "dbt")
    shutil.rmtree(copy)
