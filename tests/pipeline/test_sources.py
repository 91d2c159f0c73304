from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from martech.declarations.reader import DeclarationError
from martech.ingestion.raw_table import RawTable

from include.pipeline.settings import SQL_DIR
from include.pipeline.sources import load_sources

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


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("kind", "facts", "'facts' is not one of ['entity', 'event']. Write entity or event."),
        ("kind", None, "None is not one of ['entity', 'event']. Write entity or event."),
        ("expect", "hourly", "Write daily or sparse."),
        ("partition_field", "", "Write a name."),
        ("volume_band", [2, 0.5], "[2, 0.5] is no band. Write [low, high] with 0 <= low < high."),
        ("volume_band", "0.5", "Write [low, high] with 0 <= low < high."),
        ("volume_band", [0.5], "Write [low, high] with 0 <= low < high."),
        ("persons", {"id": "shop:customer"}, "Use only: kind, partition_field, expect, volume_band, person,"),
    ],
)
def test_wrong_table_key_names_file_line_key_and_remedy(tmp_path: Path, key: str, value: object, message: str) -> None:
    content = document()
    content["sources"][0]["tables"][0]["config"]["meta"][key] = value
    with pytest.raises(DeclarationError) as error:
        load(tmp_path, content)
    where, said = str(error.value).split(f": sources.0.tables.0.config.meta.{key}: ")
    path, _, line = where.rpartition(":")
    assert path == str(tmp_path / "sources.yml")
    assert lines(tmp_path / "sources.yml")[int(line) - 1].strip().startswith(f"{key}:")
    assert message in said


@pytest.mark.parametrize("key", ["owner", "fivetran_connection_env"])
def test_missing_source_key_is_named(tmp_path: Path, key: str) -> None:
    content = document()
    del content["sources"][0]["config"]["meta"][key]
    with pytest.raises(DeclarationError, match=rf"sources\.0\.config\.meta: .* Add `{key}:` \("):
        load(tmp_path, content)


@pytest.mark.parametrize(
    "limit", [None, {"count": 24}, {"count": "many", "period": "hour"}, {"count": 1, "period": "week"}]
)
def test_wrong_freshness_shows_how_to_write_it(tmp_path: Path, limit: object) -> None:
    content = document()
    content["sources"][0]["config"]["freshness"]["error_after"] = limit
    remedy = r"Write (\{count: 24, period: hour\}|a number above 0|minute, hour or day)|Add `period:` \(minute, hour"
    with pytest.raises(DeclarationError, match=rf"sources\.0\.config\.freshness\.error_after.*({remedy})"):
        load(tmp_path, content)


@pytest.mark.parametrize("text", ["", "sources: []", "version: 2"])
def test_file_without_sources_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "sources.yml").write_text(text)
    with pytest.raises(DeclarationError, match=r"sources.yml:1: "):
        load_sources(tmp_path / "sources.yml")


def test_broken_or_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"nope.yml:1: the file cannot be read"):
        load_sources(tmp_path / "nope.yml")
    (tmp_path / "broken.yml").write_text("a: [")
    with pytest.raises(DeclarationError, match=r"broken.yml:1: this is not YAML"):
        load_sources(tmp_path / "broken.yml")


def test_every_raw_table_has_ddl_and_every_ddl_a_source() -> None:
    declared = {table.name for source in load_sources().values() for table in source.tables}
    assert declared == {path.stem for path in (SQL_DIR / "bronze").glob("*.sql")}
