"""The DDL of silver and gold is written from dbt's models (``make ddl``), which say all that it needs."""

from __future__ import annotations

from typing import Any

import pytest

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import SQL_DIR
from tests.dbt_project import parsed_project
from tools.ddl import LAYERS, ModelError, statement, statements


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """Return dbt's manifest of the project as it is now."""
    return load_manifest(parsed_project()[1])


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the models of silver and gold by name."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return {node["name"]: node for node in nodes if node["config"]["schema"] in LAYERS}


def test_the_ddl_is_up_to_date(manifest: dict[str, Any]) -> None:
    kept = {path: path.read_text() for layer in LAYERS for path in (SQL_DIR / layer).glob("*.sql")}
    assert kept == statements(manifest), "Run `make ddl`."


def test_labels_are_those_of_the_policy(models: dict[str, dict[str, Any]]) -> None:
    labels = {name: model["config"]["labels"] for name, model in models.items()}
    assert {name: found["layer"] for name, found in labels.items()} == {
        name: model["config"]["schema"] for name, model in models.items()
    }
    assert {name: set(found) for name, found in labels.items()} == {name: {"layer", "domain", "pii"} for name in models}


def test_every_column_is_typed_and_described(models: dict[str, dict[str, Any]]) -> None:
    columns = [(name, column) for name, model in models.items() for column in model["columns"].values()]
    assert [
        f"{name}.{column['name']}" for name, column in columns if not (column["data_type"] and column["description"])
    ] == []
    assert {name for name, _ in columns} == set(models)


def test_dbt_enforces_the_shape_of_every_table(models: dict[str, dict[str, Any]]) -> None:
    tables = {
        name: model for name, model in models.items() if model["config"]["materialized"] in ("table", "incremental")
    }
    assert tables
    assert {name for name, model in tables.items() if not model["config"]["contract"]["enforced"]} == set()


def model_of(column: dict[str, Any], **config: Any) -> dict[str, Any]:
    """Return a model of one column, as dbt's manifest has it."""
    return {
        "name": "orders",
        "alias": "orders",
        "original_file_path": "models/gold/orders.sql",
        "description": "Orders; it's one row per order",
        "config": {"materialized": "table", "schema": "gold", "labels": {"pii": "false", "layer": "gold"}, **config},
        "columns": {column["name"]: {"constraints": [], "config": {}, **column}},
        "raw_code": "select 1 as id",
    }


def test_a_table_with_everything_that_ddl_can_say() -> None:
    column = {
        "name": "placed_on",
        "data_type": "date",
        "description": "Day of the order; a long description, which does not fit on the line of its column and type",
        "constraints": [{"type": "not_null"}],
    }
    config = {
        "materialized": "incremental",
        "partition_by": {"field": "placed_on", "data_type": "date", "granularity": "month"},
        "cluster_by": ["placed_on", "id"],
        "partition_expiration_days": "730",
    }
    assert statement(model_of(column, **config), {}) == (
        "-- Written by `make ddl` from include/dbt/models/gold/orders.sql and its YAML; do not edit.\n"
        "create table if not exists `{{ project_id }}.{{ gold_dataset }}.orders` (\n"
        "    placed_on date not null options (\n"
        "        description = 'Day of the order; a long description, which does not fit on the line of its column"
        " and type'\n"
        "    )\n"
        ")\n"
        "partition by date_trunc(placed_on, month)\n"
        "cluster by placed_on, id\n"
        "options (\n"
        "    description = 'Orders; it\\'s one row per order',\n"
        "    partition_expiration_days = {{ gold_retention_days }},\n"
        "    labels = [('layer', 'gold'), ('pii', 'false')]\n"
        ");\n"
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"name": "id", "data_type": "", "description": "Key"}, r"orders\.id has no data_type"),
        ({"name": "id", "data_type": "int64", "description": ""}, r"orders\.id has no description"),
        (
            {"name": "items", "data_type": "array<struct< sku string, price numeric(10, 2) >>", "description": "Items"},
            r"orders\.items: its type has the fields sku, price, its meta describes none",
        ),
    ],
)
def test_what_a_model_lacks_is_named(column: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        statement(model_of(column), {})


def test_a_view_may_call_nothing_that_only_dbt_knows() -> None:
    view = model_of({"name": "id", "data_type": "int64", "description": "Key"}, materialized="view")
    view["raw_code"] = "select {{ var('churned_after_days').order }} as id"
    with pytest.raises(
        ModelError, match=r"orders: 'var' is undefined. The SQL of a view may call config\(\) and ref\(\)"
    ):
        statement(view, {})
