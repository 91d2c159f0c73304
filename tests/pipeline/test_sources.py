from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from martech.ingestion.raw_table import RawTable

from include.pipeline.settings import SQL_DIR
from include.pipeline.sources import SourceError, load_sources

TABLE_META = {"kind": "event", "partition_field": "day", "expect": "daily", "volume_band": [0.5, 2]}


def document() -> dict[str, Any]:
    return {
        "sources": [
            {
                "name": "shop",
                "config": {
                    "loaded_at_field": "_fivetran_synced",
                    "freshness": {"error_after": {"count": 1, "period": "day"}, "filter": "x"},
                    "meta": {"owner": "shop@example.com", "fivetran_connection_env": "FIVETRAN_SHOP"},
                },
                "tables": [{"name": "orders", "config": {"meta": dict(TABLE_META)}}],
            }
        ]
    }


def load(tmp_path: Path, content: dict[str, Any]) -> Any:
    path = tmp_path / "sources.yml"
    path.write_text(yaml.safe_dump(content))
    return load_sources(path)


def test_table_inherits_from_its_source(tmp_path: Path) -> None:
    content = document()
    content["sources"][0]["tables"].append(
        {
            "name": "refunds",
            "identifier": "shop_refunds",
            "config": {
                "meta": {**TABLE_META, "expect": "sparse"},
                "freshness": {"error_after": {"count": 90, "period": "minute"}},
            },
        }
    )
    source = load(tmp_path, content)["shop"]
    assert (source.owner, source.fivetran_connection_env) == ("shop@example.com", "FIVETRAN_SHOP")
    common = {"kind": "event", "loaded_at_field": "_fivetran_synced", "expect": "daily"}
    assert source.tables == (
        RawTable("orders", partition_field="day", max_age=timedelta(days=1), volume_band=(0.5, 2.0), **common),
        RawTable(
            "shop_refunds",
            partition_field="day",
            max_age=timedelta(minutes=90),
            volume_band=(0.5, 2.0),
            **{**common, "expect": "sparse"},
        ),
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("kind", "facts", "table orders, config.meta: kind is 'facts', set it to one of entity, event"),
        ("kind", None, "kind is None, set it to one of entity, event"),
        ("expect", "hourly", "expect is 'hourly', set it to one of daily, sparse"),
        ("partition_field", "", "partition_field is '', set it to a value"),
        ("volume_band", [2, 0.5], r"volume_band is \[2, 0.5\], set it to \[low, high\]"),
        ("volume_band", "0.5", "volume_band is '0.5'"),
        ("volume_band", [0.5], "volume_band is"),
    ],
)
def test_wrong_table_key_names_file_source_table_and_fix(tmp_path: Path, key: str, value: object, message: str) -> None:
    content = document()
    content["sources"][0]["tables"][0]["config"]["meta"][key] = value
    with pytest.raises(SourceError, match=message) as error:
        load(tmp_path, content)
    assert str(error.value).startswith(f"{tmp_path / 'sources.yml'}, source shop, table orders")


@pytest.mark.parametrize("key", ["owner", "fivetran_connection_env"])
def test_missing_source_key_is_named(tmp_path: Path, key: str) -> None:
    content = document()
    del content["sources"][0]["config"]["meta"][key]
    with pytest.raises(SourceError, match=f"source shop, config.meta: {key} is None, set it to a value"):
        load(tmp_path, content)


@pytest.mark.parametrize(
    "limit", [None, {"count": 24}, {"count": "many", "period": "hour"}, {"count": 1, "period": "week"}]
)
def test_wrong_freshness_shows_how_to_write_it(tmp_path: Path, limit: object) -> None:
    content = document()
    content["sources"][0]["config"]["freshness"]["error_after"] = limit
    with pytest.raises(SourceError, match=r"set it to \{count: 24, period: hour\}"):
        load(tmp_path, content)


@pytest.mark.parametrize("text", ["", "sources: []", "version: 2"])
def test_file_without_sources_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "sources.yml").write_text(text)
    with pytest.raises(SourceError, match=r"sources.yml has no sources: list them under `sources:`"):
        load_sources(tmp_path / "sources.yml")


def test_broken_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nope.yml cannot be read"):
        load_sources(tmp_path / "nope.yml")
    (tmp_path / "broken.yml").write_text("a: [")
    with pytest.raises(SourceError, match=r"broken.yml cannot be read"):
        load_sources(tmp_path / "broken.yml")


def test_every_raw_table_has_ddl_and_every_ddl_a_source() -> None:
    declared = {table.name for source in load_sources().values() for table in source.tables}
    assert declared == {path.stem for path in (SQL_DIR / "bronze").glob("*.sql")}
