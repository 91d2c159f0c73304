"""The assets that chain the DAGs: each layer says that it has built something, and what needs it wakes.

An event only wakes: which days are to be built is in the log of days (``include/pipeline/day_chain.py``). Its ``extra``
says for a reader of the UI which they were (``start_date``, ``end_date``).
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import Asset

from include.pipeline.settings import settings


def _layer_asset(layer: str, part: str) -> Asset:
    return Asset(f"warehouse://{settings.layers[layer].dataset}/{part}")


SCHEMA_ASSET = _layer_asset("bronze", "schema")
SILVER_ASSET = _layer_asset("silver", "tables")
GOLD_ASSET = _layer_asset("gold", "tables")
QUALITY_ASSET = _layer_asset("ops", "quality")


def source_asset(source: str) -> Asset:
    """Return the asset that says: this source's raw tables have landed and passed their checks."""
    return _layer_asset("bronze", source)
