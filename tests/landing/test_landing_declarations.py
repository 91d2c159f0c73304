"""Every bronze column is mapped or declared absent, and a wrong declaration is refused with its line and the remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from martech.declarations.reader import DeclarationError
from martech.ingestion.landed_table import CONNECTION
from martech.ingestion.landing_columns import Found, convert

from include.landing.declared_landings import HERE, load_landings, source_landing
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.sources import load_sources

ROOT = Path(__file__).resolve().parents[2]


def test_every_column_is_mapped_or_declared_absent() -> None:
    tables = {table.name: table for landing in load_landings().values() for table in landing.tables}
    ddl = {script.create.table_id: script.create.columns for script in layer_scripts("bronze")}
    assert tables.keys() == ddl.keys()
    mapped = sum(len(table.mapped) for table in tables.values())
    absent = sum(len(table.absent) for table in tables.values())
    columns = sum(len([column for column in columns if column.name != CONNECTION]) for columns in ddl.values())
    assert mapped + absent == columns
    row = f"| columns of bronze: mapped, declared absent, unknown | {mapped}, {absent}, 0 of {columns} |"
    assert row in (ROOT / "README.md").read_text()


def test_the_schema_names_every_source() -> None:
    assert load_landings().keys() == load_sources().keys()


def changed(directory: Path, file: str, old: str, new: str) -> Path:
    """Return a copy of the declarations with one change."""
    shutil.copytree(HERE, directory / "landing", ignore=shutil.ignore_patterns("__pycache__"))
    path = directory / "landing" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path.parent


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("connector: fivetran", "connector: airbyte", r"'airbyte' is not one of .* Write what delivers the tables"),
        ("optional: true", "optionally: true", r"'optionally' was unexpected.*Use only: table, shards, optional"),
        ("key: [id]}", "keys: [id]}", r"Additional properties|'key' is a required"),
        ("table: account\n", "table: 3\n", r"Write a name, or a list of names"),
        ("[id, name, type, parent_id", "[id, name, kind, parent_id", r"no bronze table .* has a column kind"),
        ("from: accounts", "from: companies", r"`reads` has no companies. Use one of: accounts, contacts"),
        ("[id, name, type, parent_id", "[id, name, type", r"nothing says where parent_id come from"),
        ("salesforce_accounts: {from", "salesforce_firms: {from", r"there is no such table. Use one of: .*accounts"),
        ("{from: accounts, key: [id]}", "{from: accounts, key: [id], late_arrival: days}", r"dbt has no var days"),
        ("{from: accounts, key: [id]}", "{from: accounts, key: [id], absent: {size: nobody has it}}", r"absent.size"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    directory = changed(tmp_path, "salesforce.yml", old, new)
    with pytest.raises(DeclarationError, match=message) as error:
        source_landing("salesforce", directory)
    assert re.search(r"salesforce\.yml:\d+: ", str(error.value))


def test_one_dataset_belongs_to_one_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_LANDING_BRAZE", "crm")
    monkeypatch.setenv("MARKETING_LANDING_ZENDESK", "support, crm")
    directory = changed(tmp_path, "salesforce.yml", "optional: true", "optional: true")
    with pytest.raises(DeclarationError, match="names dataset crm, which MARKETING_LANDING_BRAZE names too") as error:
        source_landing("zendesk", directory)
    assert "give each its own" in str(error.value)


def test_datasets_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_LANDING_ZENDESK", "support_se, support_no")
    directory = changed(tmp_path, "salesforce.yml", "optional: true", "optional: true")
    assert source_landing("zendesk", directory).datasets == ("support_se", "support_no")
    assert source_landing("shopify", directory).datasets == ()


@pytest.mark.parametrize(
    ("found", "wanted", "sql"),
    [
        ("INT64", "INT64", "`c`"),
        ("NUMERIC(10, 2)", "NUMERIC", "`c`"),
        ("FLOAT64", "NUMERIC", "cast(`c` as numeric)"),
        ("STRING", "BOOL", "safe_cast(`c` as bool)"),
        ("TIMESTAMP", "BOOL", None),
        ("ARRAY<INT64>", "INT64", None),
        ("STRUCT<a INT64>", "JSON", "to_json(`c`)"),
    ],
)  # fmt: skip
def test_types_are_converted_or_refused(found: str, wanted: str, sql: str | None) -> None:
    assert convert(Found("c", "`c`", found), wanted) == sql
