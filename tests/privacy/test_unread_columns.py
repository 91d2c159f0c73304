"""Personal data that no model reads are not kept: landing leaves them NULL, and staging does not have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from include.landing.declared_landings import load_landings
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.layer_ddl import table_statement
from include.pipeline.settings import MANIFEST
from include.pipeline.sources import load_sources

Node = Mapping[str, Any]


@pytest.fixture(scope="module")
def manifest() -> Mapping[str, Any]:
    return load_manifest(MANIFEST)


def code(manifest: Mapping[str, Any], node: Node) -> str:
    """Return the SQL of a model with that of its hooks and of our macros that it calls, comments left out."""
    texts, todo, seen = [node["raw_code"], str(node["config"].get("post-hook", ""))], [], set()
    todo += node["depends_on"]["macros"]
    while todo:
        name = todo.pop()
        macro = manifest["macros"].get(name)
        if name not in seen and macro and macro["package_name"] == node["package_name"]:
            seen.add(name)
            texts.append(macro["macro_sql"])
            todo += macro["depends_on"]["macros"]
    return re.sub(r"--.*|{#.*?#}", "", "\n".join(texts))


def readers(manifest: Mapping[str, Any], unique_id: str) -> str:
    """Return the SQL of all models that read a table."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return "\n".join(code(manifest, node) for node in models if unique_id in node["depends_on"]["nodes"])


def unique_columns(manifest: Mapping[str, Any], unique_id: str) -> set[str]:
    """Return the columns by which a test tells the rows of a model apart."""
    tests = [
        (node["test_metadata"]["name"], node["test_metadata"]["kwargs"])
        for node in manifest["nodes"].values()
        if node.get("attached_node") == unique_id
    ]
    unique = {arguments["column_name"] for name, arguments in tests if name == "unique"}
    return unique.union(*(arguments["columns"] for name, arguments in tests if name == "unique_combination"))


def used_by_erasure(meta: Node) -> set[str]:
    return {*meta.get("person", {}), *meta.get("person_references", {})}


def unread_raw(manifest: Mapping[str, Any]) -> Iterator[str]:
    for unique_id, source in manifest["sources"].items():
        meta, text = source["config"]["meta"], readers(manifest, unique_id)
        for column in set(meta.get("pii", [])) - used_by_erasure(meta):
            if not re.search(rf"\b{column}\b", text):
                yield f"{source['identifier']}.{column}"


def test_raw_columns_that_no_model_reads_are_not_kept(manifest: Mapping[str, Any]) -> None:
    declared = {
        f"{table.name}.{column}"
        for source in load_sources().values()
        for table in source.tables
        for column in table.not_kept
    }
    unread = set(unread_raw(manifest))
    assert unread - declared == set(), "add them to `not_kept` in sources.yml"
    assert declared - unread == set(), "a model reads them, and would see NULL: take them out of `not_kept`"


def test_landing_leaves_them_null() -> None:
    landed = {table.name: table for landing in load_landings().values() for table in landing.tables}
    kept = [
        f"{table.name}.{column}"
        for source in load_sources().values()
        for table in source.tables
        for column in table.not_kept
        if column in landed[table.name].mapped
    ]
    assert kept == []
    for source in load_sources().values():
        for table in source.tables:
            assert set(table.not_kept) <= {column.name for column in table_statement("bronze", table.name).columns}


def personal_columns(manifest: Mapping[str, Any], node: Node) -> set[str]:
    """Return the columns of a `stg_` model that are personal, or that take a personal raw column as it is."""
    columns = {name for name, column in node["columns"].items() if (column["config"].get("meta") or {}).get("pii")}
    for unique_id in node["depends_on"]["nodes"]:
        for raw in manifest["sources"].get(unique_id, {"config": {"meta": {}}})["config"]["meta"].get("pii", []):
            columns.update(
                alias or raw for alias in re.findall(rf"^ *{raw}(?: as (\w+))?,?$", node["raw_code"], re.MULTILINE)
            )
    return columns & node["columns"].keys()


def test_staging_has_no_personal_column_that_nobody_reads(manifest: Mapping[str, Any]) -> None:
    """It never expires: what is there stays for as long as the person."""
    unread = []
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "model" or not node["name"].startswith("stg_"):
            continue
        text = readers(manifest, unique_id)
        needed = unique_columns(manifest, unique_id) | used_by_erasure(node["config"]["meta"])
        unread += [
            f"{node['name']}.{name}"
            for name in personal_columns(manifest, node) - needed
            if not re.search(rf"\b{name}\b", text)
        ]
    assert sorted(unread) == []
