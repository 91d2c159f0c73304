"""The assets that chain the DAGs: each layer says what it has built, the next one starts.

Every event carries the window of data days in its ``extra`` (``start_date``, ``end_date``).
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import Asset

from include.warehouse.settings import settings


def _layer_asset(layer: str, part: str) -> Asset:
    return Asset(f"warehouse://{settings.layers[layer].dataset}/{part}")


SCHEMA_ASSET = _layer_asset("bronze", "schema")
SILVER_ASSET = _layer_asset("silver", "tables")
GOLD_ASSET = _layer_asset("gold", "tables")


def source_asset(source: str) -> Asset:
    """Return the asset that says: this source's raw tables have landed and passed their checks."""
    return _layer_asset("bronze", source)
