"""The sources and their raw tables, as ``include/dbt/models/sources.yml`` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from martech.ingestion.raw_table import DAILY, SPARSE, RawTable

from include.pipeline.settings import DBT_DIR

SOURCES_FILE = DBT_DIR / "models" / "sources.yml"
KINDS = ("entity", "event")
EXPECTATIONS = (DAILY, SPARSE)
PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class SourceError(ValueError):
    """sources.yml cannot be used; the message names the source, the table and the fix."""


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


def _require(values: Mapping[str, Any], key: str, where: str, allowed: tuple[str, ...] = ()) -> Any:
    value = values.get(key)
    if value in (None, "") or (allowed and value not in allowed):
        wanted = f"one of {', '.join(allowed)}" if allowed else "a value"
        raise SourceError(f"{where}: {key} is {value!r}, set it to {wanted}.")
    return value


def _volume_band(meta: Mapping[str, Any], where: str) -> tuple[float, float]:
    band = _require(meta, "volume_band", where)
    try:
        low, high = (float(share) for share in band)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not 0 <= low < high:
        raise SourceError(f"{where}: volume_band is {band!r}, set it to [low, high] with 0 <= low < high.")
    return low, high


def _max_age(config: Mapping[str, Any], where: str) -> timedelta:
    limit = (config.get("freshness") or {}).get("error_after") or {}
    try:
        return float(limit["count"]) * PERIODS[limit["period"]]
    except (KeyError, TypeError, ValueError):
        raise SourceError(
            f"{where}: freshness.error_after is {limit!r}, set it to {{count: 24, period: hour}}."
        ) from None


def _table(entry: Mapping[str, Any], source_config: Mapping[str, Any], where: str) -> RawTable:
    where = f"{where}, table {_require(entry, 'name', where)}"
    config = _merged(source_config, entry.get("config") or {})
    meta = config.get("meta") or {}
    return RawTable(
        name=entry.get("identifier") or entry["name"],
        kind=_require(meta, "kind", f"{where}, config.meta", KINDS),
        partition_field=_require(meta, "partition_field", f"{where}, config.meta"),
        loaded_at_field=_require(config, "loaded_at_field", f"{where}, config"),
        expect=_require(meta, "expect", f"{where}, config.meta", EXPECTATIONS),
        volume_band=_volume_band(meta, f"{where}, config.meta"),
        max_age=_max_age(config, f"{where}, config"),
    )


@cache
def load_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Return the sources by name; a file is read once per process.

    :param path: a dbt source file.
    :raises SourceError: for the first key that is missing or wrong.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    entries = (document or {}).get("sources")
    if not entries:
        raise SourceError(f"{path} has no sources: list them under `sources:`.")
    sources = {}
    for entry in entries:
        where = f"{path}, source {_require(entry, 'name', str(path))}"
        config = entry.get("config") or {}
        meta = config.get("meta") or {}
        sources[entry["name"]] = Source(
            name=entry["name"],
            description=entry.get("description", ""),
            owner=_require(meta, "owner", f"{where}, config.meta"),
            fivetran_connection_env=_require(meta, "fivetran_connection_env", f"{where}, config.meta"),
            tables=tuple(_table(table, config, where) for table in _require(entry, "tables", where)),
        )
    return sources
