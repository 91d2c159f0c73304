"""The sources and their raw tables, as ``include/dbt/models/sources.yml`` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from martech.declarations.reader import Declaration, YamlPath, read_declaration
from martech.ingestion.raw_table import RawTable

from include.pipeline.settings import DBT_DIR

SOURCES_FILE = DBT_DIR / "models" / "sources.yml"
SCHEMA_FILE = Path(__file__).with_name("sources.schema.json")
PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Source:
    """A system that raw data comes from.

    :param name: source name, such as ``salesforce``.
    :param description: what it is.
    :param owner: who answers for it.
    :param fivetran_connection_env: environment variable that holds the id of its Fivetran connection.
    :param tables: its raw tables, without the columns of their DDL.
    """

    name: str
    description: str
    owner: str
    fivetran_connection_env: str
    tables: tuple[RawTable, ...]


def _merged(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Return dbt's reading of nested config: a table's keys replace those of its source, one by one."""
    return {
        key: _merged(outer[key], inner[key])
        if isinstance(outer.get(key), Mapping) and isinstance(inner.get(key), Mapping)
        else inner.get(key, outer.get(key))
        for key in {**outer, **inner}
    }


def _table(declaration: Declaration, at: YamlPath, entry: Mapping[str, Any], source: Mapping[str, Any]) -> RawTable:
    config = _merged(source, entry["config"])
    meta = config["meta"]
    low, high = meta["volume_band"]
    if low >= high:
        raise declaration.error(
            (*at, "config", "meta", "volume_band"),
            f"{meta['volume_band']} is no band",
            "Write [low, high] with 0 <= low < high.",
        )
    limit = config["freshness"]["error_after"]
    return RawTable(
        name=entry.get("identifier") or entry["name"],
        kind=meta["kind"],
        partition_field=meta["partition_field"],
        loaded_at_field=config["loaded_at_field"],
        expect=meta["expect"],
        volume_band=(float(low), float(high)),
        max_age=limit["count"] * PERIODS[limit["period"]],
        not_kept=tuple(meta.get("not_kept", ())),
    )


@cache
def load_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Return the sources by name; a file is read once per process.

    :param path: a dbt source file.
    :raises DeclarationError: for a key that is missing or wrong.
    """
    declaration = read_declaration(path, SCHEMA_FILE)
    return {
        entry["name"]: Source(
            name=entry["name"],
            description=entry.get("description", ""),
            owner=entry["config"]["meta"]["owner"],
            fivetran_connection_env=entry["config"]["meta"]["fivetran_connection_env"],
            tables=tuple(
                _table(declaration, ("sources", number, "tables", position), table, entry["config"])
                for position, table in enumerate(entry["tables"])
            ),
        )
        for number, entry in enumerate(declaration.values["sources"])
    }
