from __future__ import annotations

from pathlib import Path

import pytest
from martech.warehouse.ddl import Column, DdlError, load_scripts, parse_create, render, same_type
from martech.warehouse.statements import require_identifier

TABLE = """
create table if not exists `p-1.raw.orders` (
    id int64 not null options (description = 'It\\'s the order id.'),
    tags array<string>,
    lines array<struct<sku string options (description = 'Stock unit.'), price numeric(10, 2)>>,
    _fivetran_synced timestamp
)
partition by date(_fivetran_synced)
cluster by id, tags
options (
    description = 'Orders.',
    partition_expiration_days = 90,
    require_partition_filter = true,
    labels = [('layer', 'bronze'), ('pii', 'true')]
);
"""


def test_table_is_read_with_all_that_it_declares() -> None:
    table = parse_create(TABLE)
    assert (table.kind, table.name, table.dataset_id, table.table_id) == (
        "table",
        "p-1.raw.orders",
        "raw",
        "orders",
    )
    assert table.columns[0] == Column("id", "INT64", "REQUIRED", "It's the order id.")
    assert [(c.name, c.data_type, c.mode) for c in table.columns[1:]] == [
        ("tags", "ARRAY<STRING>", "REPEATED"),
        ("lines", "ARRAY<STRUCT<sku STRING, price NUMERIC(10, 2)>>", "REPEATED"),
        ("_fivetran_synced", "TIMESTAMP", "NULLABLE"),
    ]
    assert table.partition_field == "_fivetran_synced"
    assert table.cluster_fields == ("id", "tags")
    assert table.options == {
        "description": "Orders.",
        "partition_expiration_days": 90,
        "require_partition_filter": True,
        "labels": {"layer": "bronze", "pii": "true"},
    }


def test_materialized_view_is_read() -> None:
    view = parse_create(
        "create materialized view if not exists `p-1.marts.mv` partition by day cluster by channel "
        "options (enable_refresh = true) as select day, channel from `p-1.marts.kpis`"
    )
    assert (view.kind, view.partition_field, view.cluster_fields) == (
        "materialized view",
        "day",
        ("channel",),
    )
    assert view.reads == {"p-1.marts.kpis"}
    assert view.columns == ()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("create table `p.d.t` (id string", "is not valid GoogleSQL"),
        ("select 1", "must hold one CREATE TABLE"),
        ("create table `p.d.t` (a int64); create table `p.d.u` (a int64)", "one object per file"),
        ("create table t (a int64)", "named `project.dataset.name`"),
        ("create table `p.d.t` (a int64, b)", "b is not a column with a type"),
        ("create schema `p.d`", "must create a table or view"),
    ],
)
def test_unusable_sql_names_its_file(sql: str, message: str) -> None:
    with pytest.raises(DdlError, match=message) as error:
        parse_create(sql, "include/sql/x.sql")
    assert "include/sql/x.sql" in str(error.value)


def test_unknown_variable_names_file_and_what_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("create table `{{ project }}.d.t` (a int64)")
    with pytest.raises(DdlError, match=r"a\.sql: 'project' is undefined.*It may use: dataset, project_id"):
        render(tmp_path / "a.sql", {"project_id": "p", "dataset": "d"})


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DdlError, match=r"nope\.sql does not exist"):
        render(tmp_path / "nope.sql", {})


def test_scripts_come_in_the_order_of_creation(tmp_path: Path) -> None:
    files = {
        "a_view.sql": "create or replace view `p.d.a_view` as select * from `p.d.b_view`",
        "b_view.sql": "create or replace view `p.d.b_view` as select * from p.d.z_table",
        "mv.sql": "create materialized view `p.d.mv` as select count(*) as n from `p.d.z_table`",
        "z_table.sql": "create table `p.d.z_table` (a int64)",
        "y_table.sql": "create table `p.d.y_table` (a int64)",
    }
    for name, sql in files.items():
        (tmp_path / name).write_text(sql)
    order = [script.path.stem for script in load_scripts(tmp_path.glob("*.sql"), {})]
    assert order == ["y_table", "z_table", "b_view", "mv", "a_view"]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("integer", "INT64", True),
        ("numeric(10, 2)", "NUMERIC", True),
        ("struct<A string>", "STRUCT<a STRING>", True),
        ("json", "STRING", False),
        ("array<string>", "STRING", False),
        ("timestamp", "DATETIME", False),
    ],
)
def test_types_are_compared_by_what_they_hold(left: str, right: str, same: bool) -> None:
    assert same_type(left, right) is same


@pytest.mark.parametrize("name", ["a b", "a;drop table x", "a`", "", "größe"])
def test_identifiers_are_plain(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid BigQuery name"):
        require_identifier("table", name)
