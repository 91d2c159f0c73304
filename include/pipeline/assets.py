"""The assets that chain the DAGs: each layer says what it has built, the next one starts.

Every event carries the window of data days in its ``extra`` (``start_date``, ``end_date``).
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import Asset, task

from include.pipeline.settings import settings
from include.pipeline.windows import window_of


def _layer_asset(layer: str, part: str) -> Asset:
    return Asset(f"warehouse://{settings.layers[layer].dataset}/{part}")


SCHEMA_ASSET = _layer_asset("bronze", "schema")
SILVER_ASSET = _layer_asset("silver", "tables")
GOLD_ASSET = _layer_asset("gold", "tables")


def source_asset(source: str) -> Asset:
    """Return the asset that says: this source's raw tables have landed and passed their checks."""
    return _layer_asset("bronze", source)


def publish_asset(asset: Asset) -> Any:
    """Return the task that says ``asset`` is built for the run's window, which starts what waits for it.

    :param asset: the asset to update.
    """

    @task(task_id="publish_asset", outlets=[asset])
    def publish(**context: Any) -> dict[str, str]:
        window = window_of(context).as_dict()
        context["outlet_events"][asset].extra = window
        return window

    return publish()
