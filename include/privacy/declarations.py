"""Reads whose rows the tables hold and what is personal in them, from where each table is declared.

dbt's models and sources say it in their ``meta`` (``person``, ``person_references``, ``pii``), the operations tables
in ``ops_tables.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from martech.privacy.personal_table import PersonalTable

from include.warehouse.ddl import layer_scripts
from include.warehouse.manifest import load_manifest
from include.warehouse.settings import MANIFEST, settings

OPS_FILE = Path(__file__).with_name("ops_tables.yml")
KINDS = frozenset(
    {
        "customer", "identity", "node", "user",
        "salesforce:contact", "salesforce:lead", "shopify:customer", "shopify:order", "braze:user", "zendesk:user",
        "firebase:user", "ga360:visitor", "google_ads:click",
    }
)  # fmt: skip


class PrivacyError(ValueError):
    """A declaration cannot be used; the message names the table and the cure."""


def _kinds(columns: Mapping[str, str | list[str]], where: str) -> dict[str, tuple[str, ...]]:
    kinds = {column: (value,) if isinstance(value, str) else tuple(value) for column, value in columns.items()}
    for column, names in kinds.items():
        if unknown := set(names) - KINDS:
            raise PrivacyError(
                f"{where}: {column} holds {', '.join(sorted(unknown))}, which is no kind of id. "
                f"Write one of {', '.join(sorted(KINDS))}."
            )
    return kinds


def model_tables(manifest: Path = MANIFEST) -> list[PersonalTable]:
    """Return the tables that dbt builds or reads, views left out.

    :param manifest: dbt's manifest.
    :raises FileNotFoundError: where the manifest has not been made yet.
    :raises PrivacyError: where a declaration names an unknown kind of id.
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
        references = _kinds(meta.get("person_references", {}), name)
        tables.append(
            PersonalTable(
                # The names come from the settings: the manifest may have been made elsewhere.
                name=settings.table(layer, name),
                partition_field=partition_field,
                owners=_kinds(meta.get("person", {}), name),
                references=references,
                arrays=frozenset(column for column in references if types.get(column, "").startswith("array")),
                pii=tuple(pii),
            )
        )
    return tables


def _meta(column: Mapping[str, Any]) -> Mapping[str, Any]:
    return column["config"].get("meta") or {}


def ops_tables(path: Path = OPS_FILE) -> list[PersonalTable]:
    """Return the operations tables that hold something of persons.

    :param path: the declaration.
    :raises PrivacyError: where it names a table or a column that ``include/sql/ops`` does not create.
    """
    created = {script.create.table_id: script.create for script in layer_scripts("ops")}
    tables = []
    for name, entry in yaml.safe_load(path.read_text()).items():
        if name not in created:
            raise PrivacyError(f"{path}: {name} is not created by include/sql/ops: correct the name or remove it.")
        if unknown := entry.keys() - {"person", "text", "pii"}:
            raise PrivacyError(f"{path}: {name} has {', '.join(sorted(unknown))}; use person, text and pii.")
        columns = {column.name for column in created[name].columns}
        named = {*entry.get("person", {}), *entry.get("text", []), *entry.get("pii", [])}
        if missing := named - columns:
            raise PrivacyError(f"{path}: {name} has no column {', '.join(sorted(missing))}: correct the name.")
        tables.append(
            PersonalTable(
                name=settings.table("ops", name),
                partition_field=created[name].partition_field,
                owners=_kinds(entry.get("person", {}), name),
                texts=tuple(entry.get("text", [])),
                pii=tuple(entry.get("pii", [])),
            )
        )
    return tables


def personal_tables() -> list[PersonalTable]:
    """Return every table of which something is declared, in the order in which data flows."""
    return [*model_tables(), *ops_tables()]
