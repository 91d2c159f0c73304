"""The bronze DDL and the source list describe the same tables, each with what the warehouse policy asks."""

from __future__ import annotations

import pytest
import sqlglot
import yaml
from jinja2 import StrictUndefined, Template
from sqlglot import exp

from include.pipeline.settings import DBT_DIR, SQL_DIR, settings

DDL_FILES = {path.stem: path for path in sorted((SQL_DIR / "bronze").glob("*.sql"))}
SOURCES = yaml.safe_load((DBT_DIR / "models" / "sources.yml").read_text())["sources"]
SOURCE_TABLES = {table["name"]: (source, table) for source in SOURCES for table in source["tables"]}


def parse(table: str, **overrides: object) -> exp.Create:
    text = Template(DDL_FILES[table].read_text(), undefined=StrictUndefined).render(
        {**settings.sql_context, **overrides}
    )
    statements = sqlglot.parse(text, dialect="bigquery")
    assert len(statements) == 1, "one statement per file"
    assert isinstance(statements[0], exp.Create)
    return statements[0]


def options(properties: list[exp.Expression]) -> dict[str, exp.Expression]:
    return {prop.name: prop.args["value"] for prop in properties if type(prop) is exp.Property}


def table_options(create: exp.Create) -> dict[str, exp.Expression]:
    return options(create.args["properties"].expressions)


def labels(create: exp.Create) -> dict[str, str]:
    pairs = table_options(create)["labels"].expressions
    return {pair.expressions[0].name: pair.expressions[1].name for pair in pairs}


def columns(create: exp.Create) -> dict[str, exp.ColumnDef]:
    return {column.name: column for column in create.this.expressions}


def is_required(column: exp.ColumnDef) -> bool:
    return column.find(exp.NotNullColumnConstraint) is not None


def test_each_source_table_has_its_ddl_and_the_other_way_round():
    assert set(DDL_FILES) == set(SOURCE_TABLES)
    assert len(DDL_FILES) == 20


@pytest.mark.parametrize("table", DDL_FILES)
class TestTable:
    def test_the_ddl_creates_the_table_of_its_file_in_bronze(self, table):
        create = parse(table)
        target = create.this.this
        assert create.args["exists"], "a second run must not fail"
        assert (target.catalog, target.db, target.name) == (
            settings.project_id,
            settings.layers["bronze"].dataset,
            table,
        )

    def test_the_partition_is_the_one_of_the_source_list(self, table):
        create = parse(table)
        meta = SOURCE_TABLES[table][1]["config"]["meta"]
        partition = create.find(exp.PartitionedByProperty).this
        column = columns(create)[meta["partition_field"]]
        assert is_required(column), "a row without a partition day would never be read"
        if meta["kind"] == "entity":
            assert meta["partition_field"] == "_fivetran_synced"
            assert partition.sql("bigquery").upper() == "DATE(_FIVETRAN_SYNCED)"
        else:
            assert partition.name == meta["partition_field"]
            assert column.kind.this is exp.DataType.Type.DATE

    def test_cluster_columns_exist(self, table):
        create = parse(table)
        cluster = [column.name for column in create.find(exp.ClusterProperty).expressions]
        assert 1 <= len(cluster) <= 4, "BigQuery allows one to four"
        assert set(cluster) <= set(columns(create))

    def test_expiry_comes_from_the_settings_and_the_filter_is_required(self, table):
        found = table_options(parse(table, bronze_retention_days=17))
        assert found["partition_expiration_days"].name == "17"
        assert found["require_partition_filter"].this is True

    def test_table_and_columns_are_described(self, table):
        create = parse(table)
        assert table_options(create)["description"].name
        undescribed = [
            name
            for name, column in columns(create).items()
            if not any(prop.name == "description" and prop.args["value"].name for prop in column.find_all(exp.Property))
        ]
        assert undescribed == []

    def test_labels(self, table):
        found = labels(parse(table))
        assert found["layer"] == "bronze"
        assert found["source"] == SOURCE_TABLES[table][0]["name"]
        assert found["domain"]
        assert found["pii"] in {"true", "false"}

    def test_fivetran_columns(self, table):
        found = columns(parse(table))
        assert found["_fivetran_synced"].kind.this is exp.DataType.Type.TIMESTAMPTZ
        assert is_required(found["_fivetran_synced"])
        if SOURCE_TABLES[table][1]["config"]["meta"]["kind"] == "entity":
            assert found["_fivetran_deleted"].kind.this is exp.DataType.Type.BOOLEAN

    def test_the_source_list_says_what_to_expect(self, table):
        source, entry = SOURCE_TABLES[table]
        meta = entry["config"]["meta"]
        lowest, highest = meta["volume_band"]
        assert meta["expect"] in {"daily", "sparse"}
        assert 0 <= lowest < 1 < highest
        assert entry["description"].startswith("One row per ")
        assert source["config"]["loaded_at_field"] == "_fivetran_synced"
        freshness = {**source["config"]["freshness"], **entry["config"].get("freshness", {})}
        assert freshness["filter"].startswith(meta["partition_field"] + " >= ")
        assert source["config"]["meta"]["owner"].endswith("@nexvigilant.com")
        assert source["config"]["meta"]["fivetran_connection_env"].startswith("FIVETRAN_CONNECTOR_")
