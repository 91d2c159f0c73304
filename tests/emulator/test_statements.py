"""Every statement beside its module passes GoogleSQL's analyzer, with the sample names of the linter."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from martech.warehouse.statements import MARTECH, Sql, run, statement

from include.pipeline.settings import MANIFEST, settings
from tests.dbt.dbt_warehouse import DbtWarehouse

FILES = sorted(MARTECH.glob("*/sql/*.sql"))
DAY, NOW = date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC)
# A value of the right type for every parameter; the names mean the same in all statements.
VALUES: dict[str, Any] = {
    **dict.fromkeys(("after_last", "baseline_first", "day", "first", "last", "latest_day"), DAY),
    **dict.fromkeys(("now", "planned_at", "recorded_at", "since", "since_intents"), NOW),
    **dict.fromkeys(("full_resync", "granted_0", "removes", "retry_dead_letters"), True),
    "days": [DAY],
    "hashes": ["x"],
    "names": ["x"],
    "references": ["x"],
    "syncs": ["x"],
    "tables": ["x"],
    "first_partition": "20261120",
    "last_partition": "20261120",
    **dict.fromkeys(("most", "row_count", "searched_tables", "seconds", "table_count", "try_number"), 1),
    "where_0": 0.5,
}


@pytest.fixture(scope="module")
def compiling(
    serve_warehouse: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DbtWarehouse]:
    """A warehouse that compiles statements and runs none, with every table that DDL makes."""
    with serve_warehouse(googlesql="compile") as url:
        warehouse = DbtWarehouse(settings.project_id, url, tmp_path_factory.mktemp("statements"))
        warehouse.create_datasets()
        for layer in ("bronze", "ops", "secrets", "silver", "gold"):
            warehouse.create_layer(layer)
        for sql in tables_of_dbt():
            warehouse.query(sql)
        yield warehouse


def tables_of_dbt() -> Iterator[str]:
    """Yield DDL of the intermediate tables that statements read, as dbt's YAML declares their columns."""
    named = {name for file in FILES for name in sample_names(file.parent).values() if ".intermediate." in str(name)}
    for node in json.loads(MANIFEST.read_text())["nodes"].values():
        table = f"{settings.table('intermediate', node['name'])}"
        if table in named:
            columns = ", ".join(f"{column['name']} {column['data_type']}" for column in node["columns"].values())
            yield f"create table `{table}` ({columns})"


def _sample(text: str) -> Any:
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return Sql(text)
    return _trusted(value)


def _trusted(value: Any) -> Any:
    """Let fragments of SQL pass the check of names: here, the linter's samples are ours."""
    if isinstance(value, dict):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_trusted(item) for item in value]
    return Sql(value) if isinstance(value, str) else value


def sample_names(folder: Path) -> dict[str, Any]:
    """Return the names with which the linter reads the statements of a room.

    :param folder: has the room's ``.sqlfluff``.
    """
    config = ConfigParser(interpolation=None)
    config.read(folder / ".sqlfluff")
    return {name: _sample(text) for name, text in config["sqlfluff:templater:jinja:context"].items()}


def sample_values(sql: str) -> dict[str, Any]:
    """Return a value for every parameter of a statement; what is not listed is text."""
    return {name: VALUES.get(name, "x") for name in sorted(set(re.findall(r"@(\w+)", sql)))}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}-{file.stem}")
def test_statement_passes_googlesql(compiling: DbtWarehouse, file: Path) -> None:
    sql = statement(str(file.relative_to(MARTECH)), **sample_names(file.parent))
    run(compiling.client, sql, sample_values(sql))


def test_analyzer_refuses_a_column_that_is_not_there(compiling: DbtWarehouse) -> None:
    table = settings.table("ops", "quality_scores")
    with pytest.raises(Exception, match="Unrecognized name: scored"):
        run(compiling.client, f"select scored from `{table}`")
