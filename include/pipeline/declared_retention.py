"""How long every table keeps its partitions: what the DDL and the dbt project declare."""

from __future__ import annotations

from pathlib import Path

from martech.retention.policy import ExportRetention

from include.landing.declared_landings import exports_by_day
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import MANIFEST, SQL_DIR, settings

TABLES = ("table", "incremental", "seed")


def declared_retention(manifest: Path = MANIFEST) -> dict[str, dict[str, int | None]]:
    """Return days by dataset and table id, None where partitions are kept forever or there are none.

    Tables come from ``include/sql``, and from dbt's manifest where dbt alone makes them (`stg_` and helper models,
    seeds). A table that both declare has one shape, which ``tests/sql`` proves.

    :param manifest: dbt's manifest.
    :raises FileNotFoundError: where the manifest has not been made yet.
    """
    declared: dict[str, dict[str, int | None]] = {layer.dataset: {} for layer in settings.layers.values()}
    for node in load_manifest(manifest)["nodes"].values():
        config = node["config"]
        if node["resource_type"] in ("model", "seed") and config["materialized"] in TABLES:
            # Dataset names may be overridden, which the manifest does not know.
            dataset = settings.layers[config["schema"]].dataset
            days = config.get("partition_expiration_days")
            declared[dataset][node["alias"]] = None if days is None else int(days)
    for name, layer in settings.layers.items():
        if not (SQL_DIR / name).is_dir():
            continue
        for create in (script.create for script in layer_scripts(name)):
            if create.kind == "table":
                declared[layer.dataset][create.table_id] = create.options.get("partition_expiration_days")
    return declared


def declared_exports() -> dict[str, ExportRetention]:
    """Return how long connectors' exports are to keep their tables of days, by dataset that the environment names.

    :raises DeclarationError: for the first declaration of a landing that cannot be used.
    """
    return {
        dataset: ExportRetention(prefixes, days, variable)
        for variable, datasets, prefixes, days in exports_by_day()
        for dataset in datasets
    }
