"""A generated data set, and a warehouse with empty bronze tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from include.pipeline.layer_ddl import layer_files, layer_scripts
from include.pipeline.settings import settings
from tools.sample_sources.generate import generate
from tools.sample_sources.recipe import Recipe

RECIPE = Recipe(customers=1000, start=date(2026, 10, 25), end=date(2026, 11, 13), seed=11, difficulty="hard")

Rows = Callable[[str], list[dict[str, Any]]]


def read_rows(directory: Path, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted((directory / table).glob("*.ndjson")) for line in path.open()]


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    """Return a directory with the generated data of ``RECIPE``."""
    directory = tmp_path_factory.mktemp("sample")
    generate(RECIPE, directory)
    return directory


@pytest.fixture(scope="session")
def rows(sample) -> Rows:
    """Return a function that reads all rows of a table of the sample, each file once."""
    known: dict[str, list[dict[str, Any]]] = {}

    def read(table: str) -> list[dict[str, Any]]:
        if table not in known:
            known[table] = read_rows(sample, table)
        return known[table]

    return read


@pytest.fixture(scope="session")
def truth(sample) -> dict[str, dict[str, Any]]:
    """Return the truth of each record by its identity key."""
    lines = (sample / "truth" / "identities.ndjson").read_text().splitlines()
    return {row["identity_key"]: row for row in map(json.loads, lines)}


def _with_empty(tables: set[str]) -> bigquery.Client:
    client = bigquery.Client(settings.project_id, credentials=AnonymousCredentials())
    client.create_dataset(settings.layers["bronze"].dataset, exists_ok=True)
    for script in layer_scripts("bronze"):
        if script.path.stem in tables:
            client.delete_table(script.create.name, not_found_ok=True)
            client.query(script.sql).result()
    return client


@pytest.fixture
def warehouse(warehouse_url) -> bigquery.Client:
    """Return a client of a warehouse with every bronze table, empty."""
    return _with_empty({path.stem for path in layer_files("bronze")})


@pytest.fixture
def zendesk_warehouse(warehouse_url) -> bigquery.Client:
    """Return a client of a warehouse with two empty bronze tables, for tests that need no more."""
    return _with_empty({"zendesk_satisfaction_ratings", "zendesk_users"})
