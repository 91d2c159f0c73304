from __future__ import annotations

from martech.warehouse.ddl import parse_create
from martech.warehouse.schema_drift import compare_schema

DDL = parse_create(
    "create table `p.d.t` (id int64 not null, tags array<string> options (description = 'It\\'s a \"tag\"'), a json)"
)


def test_added_column_becomes_a_statement_with_its_description() -> None:
    drift = compare_schema(DDL, {"id": "INT64", "a": "JSON"})
    assert drift.alter_statements() == [
        'alter table `p.d.t` add column if not exists `tags` ARRAY<STRING> options (description = "It\'s a \\"tag\\"")'
    ]
    assert not drift.changes
    assert not drift.extras


def test_changed_and_dropped_columns_name_the_fix() -> None:
    drift = compare_schema(DDL, {"id": "STRING", "tags": "ARRAY<STRING>", "a": "JSON", "old": "BOOL"})
    assert not drift.additions
    assert drift.changes[0].startswith("p.d.t: column id is STRING, the DDL says INT64.")
    assert "migrate the table" in drift.changes[0]
    assert drift.extras[0].startswith("p.d.t: column old BOOL is not in the DDL.")
    assert "never dropped here" in drift.extras[0]
