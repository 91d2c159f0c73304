"""A silver or gold table has one shape: what its DDL creates is what dbt builds, column by column."""

from __future__ import annotations

import pytest
import sqlglot
from jinja2 import Environment
from martech.warehouse.ddl import same_type

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.layer_ddl import layer_files, layer_scripts
from include.pipeline.settings import settings
from tests.dbt_project import parsed_project

LAYERS = ("silver", "gold")
OBJECTS = [pytest.param(layer, path.stem, id=f"{layer}.{path.stem}") for layer in LAYERS for path in layer_files(layer)]
MATERIALIZATIONS = {"table": {"table", "incremental"}, "view": {"view"}, "materialized view": {"materialized_view"}}


@pytest.fixture(scope="module")
def models() -> dict[str, dict]:
    """Return dbt's models by name, from the project as it is now."""
    nodes = load_manifest(parsed_project()[1])["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def statements() -> dict[str, dict]:
    """Return what each DDL file declares, by layer and name."""
    return {layer: {script.path.stem: script for script in layer_scripts(layer)} for layer in LAYERS}


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("layer", LAYERS)
def test_ddl_and_dbt_have_the_same_objects(layer, models, statements):
    dataset = settings.layers[layer].dataset
    assert set(statements[layer]) == {node["name"] for node in models.values() if node["schema"] == dataset}


@pytest.mark.parametrize(("layer", "name"), OBJECTS)
class TestObject:
    def test_it_is_the_same_object(self, layer, name, models, statements):
        model, create = models[name], statements[layer][name].create
        assert create.name == settings.table(layer, name)
        assert create.name == f"{settings.project_id}.{model['schema']}.{model['alias']}"
        assert model["config"]["materialized"] in MATERIALIZATIONS[create.kind]

    def test_description_and_labels(self, layer, name, models, statements):
        model, create = models[name], statements[layer][name].create
        assert create.options["description"] == plain(model["description"])
        assert create.options["labels"] == model["config"]["labels"]
        assert create.options["labels"]["layer"] == layer
        assert create.options["labels"].keys() == {"layer", "domain", "pii"}

    def test_every_column_is_typed_and_described(self, layer, name, models, statements):
        if statements[layer][name].create.kind == "materialized view":
            pytest.skip("BigQuery takes the columns of a materialized view from its query")
        columns = models[name]["columns"].values()
        assert [column["name"] for column in columns if not (column["data_type"] and column["description"])] == []

    def test_columns_of_a_table(self, layer, name, models, statements):
        model, create = models[name], statements[layer][name].create
        if create.kind != "table":
            pytest.skip("a view declares its columns in its query")
        assert model["config"]["contract"]["enforced"]
        columns = model["columns"].values()
        assert [column.name for column in create.columns] == [column["name"] for column in columns]
        differences = [
            (declared.name, declared.data_type, declared.mode, declared.description, built["data_type"])
            for declared, built in zip(create.columns, columns, strict=True)
            if not same_type(declared.data_type, built["data_type"])
            or declared.description != plain(built["description"])
            or (declared.mode == "REQUIRED") != ({"type": "not_null"} in declared_constraints(built))
        ]
        assert differences == []

    def test_partition_cluster_and_expiry_of_a_table(self, layer, name, models, statements):
        config, create = models[name]["config"], statements[layer][name].create
        if create.kind == "view":
            pytest.skip("a view is not stored")
        assert create.partition_field == (config.get("partition_by") or {}).get("field")
        assert list(create.cluster_fields) == (config.get("cluster_by") or [])
        expiry = config.get("partition_expiration_days")
        assert create.options.get("partition_expiration_days") == (int(expiry) if expiry else None)

    def test_query_of_a_view(self, layer, name, models, statements):
        script = statements[layer][name]
        if script.create.kind == "table":
            pytest.skip("a table is filled by its model")
        names = {
            model["name"]: f"`{settings.project_id}.{model['schema']}.{model['alias']}`" for model in models.values()
        }
        built = Environment(autoescape=False).from_string(models[name]["raw_code"])  # noqa: S701 - SQL
        query = built.render(config=lambda **_: "", ref=names.__getitem__)
        declared = sqlglot.parse_one(script.sql, read="bigquery").expression
        assert normalised(declared) == normalised(sqlglot.parse_one(query, read="bigquery"))


def normalised(query: sqlglot.exp.Expression) -> str:
    return query.sql("bigquery", normalize=True, comments=False, pretty=True)


def declared_constraints(column: dict) -> list[dict]:
    return [{"type": constraint["type"]} for constraint in column["constraints"]]
