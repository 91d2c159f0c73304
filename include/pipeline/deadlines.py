"""What must be in the warehouse when the deadline passes, layer by layer."""

from __future__ import annotations

from martech.ingestion.operators import Milestone
from martech.ingestion.raw_table import DAILY

from include.landing.enabled_sources import enabled_sources
from include.pipeline.settings import settings
from include.quality.declared_checks import is_fed

# Tables that have rows of every day a DAG has built, even of a day on which nothing was sold.
SIGNS = {
    "silver": ("build_silver", ("unified_sessions", "unified_touchpoints")),
    "gold": ("build_gold", ("executive_kpis", "ml_features")),
}


def milestones() -> list[Milestone]:
    """Return the chain's milestones, from the raw tables of the sources that are on to gold."""
    bronze = settings.layers["bronze"].dataset
    landed = [
        Milestone(
            "bronze",
            f"ingest_{source.name}",
            bronze,
            tuple(table.name for table in source.tables if table.expect == DAILY),
        )
        for source in enabled_sources().values()
    ]
    built = [
        Milestone(
            layer,
            dag_id,
            settings.layers[layer].dataset,
            tuple(table for table in tables if is_fed(layer, table)),
        )
        for layer, (dag_id, tables) in SIGNS.items()
    ]
    return [*landed, *built]
