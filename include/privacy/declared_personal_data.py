"""Reads whose rows the tables hold and what is personal in them, from where each table is declared.

dbt's models and sources say it in their ``meta`` (``person``, ``person_references``, ``pii``), the operations tables
in ``ops_tables.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from martech.declarations.reader import DeclarationError, load_schema, read_declaration
from martech.privacy.personal_table import PersonalTable

from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import MANIFEST, settings

OPS_FILE = Path(__file__).with_name("ops_tables.yml")
SCHEMA_FILE = OPS_FILE.with_suffix(".schema.json")
KINDS = frozenset(load_schema(SCHEMA_FILE)["$defs"]["kind"]["enum"])


def _kinds(columns: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {column: (value,) if isinstance(value, str) else tuple(value) for column, value in columns.items()}


def _known_kinds(columns: Mapping[str, str | list[str]], model: str) -> dict[str, tuple[str, ...]]:
    kinds = _kinds(columns)
    for column, names in kinds.items():
        if unknown := set(names) - KINDS:
            raise DeclarationError(
                f"{model}: {column} holds {', '.join(sorted(unknown))}, which is no kind of id. "
                f"Write one of {', '.join(sorted(KINDS))}."
            )
    return kinds


def model_tables(manifest: Path = MANIFEST) -> list[PersonalTable]:
    """Return the tables that dbt builds or reads, views left out.

    :param manifest: dbt's manifest.
    :raises FileNotFoundError: where the manifest has not been made yet.
    :raises DeclarationError: where a declaration names an unknown kind of id.
    """
    parsed = load_manifest(manifest)
    tables = []
    for node in [*parsed["sources"].values(), *parsed["nodes"].values()]:
        config, meta = node["config"], node["config"].get("meta") or {}
        if node["resource_type"] == "source":
            layer, name = "bronze", node["identifier"]
            partition_field, pii = meta.get("partition_field"), meta.get("pii", [])
        elif node["resource_type"] == "model" and config["materialized"] in ("table", "incremental"):
            layer, name = config["schema"], node["alias"]
            partition_field = (config.get("partition_by") or {}).get("field")
            pii = [column for column, declared in node["columns"].items() if _meta(declared).get("pii")]
        else:
            continue
        types = {column: declared.get("data_type") or "" for column, declared in node["columns"].items()}
        references = _known_kinds(meta.get("person_references", {}), name)
        tables.append(
            PersonalTable(
                # The names come from the settings: the manifest may have been made elsewhere.
                name=settings.table(layer, name),
                partition_field=partition_field,
                owners=_known_kinds(meta.get("person", {}), name),
                references=references,
                arrays=frozenset(column for column in references if types.get(column, "").startswith("array")),
                pii=tuple(pii),
                consents=tuple(
                    column for column, declared in node["columns"].items() if _meta(declared).get("consent")
                ),
                is_profile=bool(meta.get("profile")),
            )
        )
    return tables


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return column["config"].get("meta") or {}


def personal_columns(manifest: Path = MANIFEST) -> dict[str, frozenset[str]]:
    """Return columns that are personal or name a person, by full name of each table that dbt builds or reads.

    :param manifest: dbt's manifest.
    :raises FileNotFoundError: where the manifest has not been made yet.
    """
    return {table.name: frozenset({*table.pii, *table.owners, *table.references}) for table in model_tables(manifest)}


def ops_tables(path: Path = OPS_FILE) -> list[PersonalTable]:
    """Return the operations tables that hold something of persons.

    :param path: the declaration.
    :raises DeclarationError: where it names a table or a column that ``include/sql/ops`` does not create.
    """
    created = {script.create.table_id: script.create for script in layer_scripts("ops")}
    declaration = read_declaration(path, SCHEMA_FILE)
    tables = []
    for name, entry in declaration.values.items():
        if name not in created:
            raise declaration.error(
                (name,), "include/sql/ops creates no such table", f"Use one of: {', '.join(sorted(created))}."
            )
        columns = [column.name for column in created[name].columns]
        for key, named in entry.items():
            for column in named:
                if column not in columns:
                    raise declaration.error(
                        (name, key, column),
                        "there is no such column",
                        f"Use a column of its DDL: {', '.join(columns)}.",
                    )
        tables.append(
            PersonalTable(
                name=settings.table("ops", name),
                partition_field=created[name].partition_field,
                owners=_kinds(entry.get("person", {})),
                texts=tuple(entry.get("text", [])),
                pii=tuple(entry.get("pii", [])),
            )
        )
    return tables


def personal_tables() -> list[PersonalTable]:
    """Return every table of which something is declared, in the order in which data flows."""
    return [*model_tables(), *ops_tables()]
