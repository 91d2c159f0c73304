"""What is declared about retention: one answer per table, from the DDL and from dbt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.pipeline.declared_retention import declared_retention
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import DBT_DIR, settings
from tests.dbt_project import parsed_project

BRONZE, INTERMEDIATE, SILVER, GOLD, OPS = (
    settings.layers[name].dataset for name in ("bronze", "intermediate", "silver", "gold", "ops")
)


@pytest.fixture(scope="module")
def declared() -> dict[str, dict[str, int | None]]:
    """Read the manifest of the project as it is now, so that no older one speaks for the models."""
    return declared_retention(parsed_project()[1])


def test_every_layer_is_declared(declared: dict[str, dict[str, int | None]]) -> None:
    assert list(declared) == [layer.dataset for layer in settings.layers.values()]
    for layer in ("bronze", "silver", "gold", "ops", "secrets"):
        tables = {script.create.table_id for script in layer_scripts(layer) if script.create.kind == "table"}
        assert set(declared[settings.layers[layer].dataset]) == tables


def test_bronze_and_gold_forget_after_their_layers_days(declared: dict[str, dict[str, int | None]]) -> None:
    assert set(declared[BRONZE].values()) == {settings.layers["bronze"].retention_days}
    assert set(declared[GOLD].values()) == {settings.layers["gold"].retention_days}


def test_silver_keeps_what_lifetime_values_rest_on(declared: dict[str, dict[str, int | None]]) -> None:
    forgetting = {table for table, days in declared[SILVER].items() if days is not None}
    assert forgetting == {"unified_sessions", "unified_touchpoints", "unified_ad_performance"}
    assert {declared[SILVER][table] for table in forgetting} == {settings.layers["silver"].retention_days}


def test_staging_keeps_records_for_good_and_events_as_long_as_silver(
    declared: dict[str, dict[str, int | None]],
) -> None:
    staging = {table: days for table, days in declared[INTERMEDIATE].items() if table.startswith("stg_")}
    assert len(staging) == 20
    forgetting = {table: days for table, days in staging.items() if days is not None}
    assert set(forgetting.values()) == {settings.layers["silver"].retention_days}
    assert set(forgetting) == {
        "stg_braze__message_events",
        "stg_firebase__events",
        "stg_ga360__hits",
        "stg_ga360__sessions",
        "stg_google_ads__ad_performance",
        "stg_google_ads__clicks",
    }


def test_what_staging_keeps_for_good_is_a_persons_or_nobodys(declared: dict[str, dict[str, int | None]]) -> None:
    """Without an expiry a row stays for as long as its person: `forget_inactive` and `erase_person` end it."""
    nodes = json.loads(parsed_project()[1].read_text())["nodes"].values()
    persons = {node["alias"] for node in nodes if node["config"].get("meta", {}).get("person")}
    kept = {table for table, days in declared[INTERMEDIATE].items() if table.startswith("stg_") and days is None}
    assert kept - persons == {"stg_braze__campaigns", "stg_google_ads__campaigns", "stg_salesforce__accounts"}


def test_seeds_are_declared(declared: dict[str, dict[str, int | None]]) -> None:
    seeds = {path.stem for path in (DBT_DIR / "seeds").glob("*.csv")}
    assert seeds <= declared[INTERMEDIATE].keys()


def test_missing_manifest_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make it with `make manifest`"):
        declared_retention(tmp_path / "manifest.json")


def test_overridden_dataset_is_not_the_manifests(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    config = {"materialized": "table", "schema": "intermediate", "partition_expiration_days": "30"}
    node = {"resource_type": "model", "alias": "int_x", "schema": "another_name", "config": config}
    manifest.write_text(json.dumps({"nodes": {"model.marketing.int_x": node}}))
    assert declared_retention(manifest)[INTERMEDIATE] == {"int_x": 30}
