"""What must be in the warehouse when the deadline passes, layer by layer."""

from __future__ import annotations

from martech.ingestion.operators import Milestone

from include.pipeline.settings import settings
from include.pipeline.sources import load_sources

# Tables that have rows of every day a DAG has built, even of a day on which nothing was sold.
SIGNS = {
    "silver": ("build_silver", ("unified_sessions", "unified_touchpoints")),
    "gold": ("build_gold", ("executive_kpis", "ml_features")),
}


def milestones() -> list[Milestone]:
    """Return the chain's milestones, from the raw tables to gold."""
    bronze = settings.layers["bronze"].dataset
    landed = [
        Milestone(
            "bronze",
            f"ingest_{source.name}",
            bronze,
            tuple(table.name for table in source.tables if table.expect == "daily"),
        )
        for source in load_sources().values()
    ]
    built = [
        Milestone(layer, dag_id, settings.layers[layer].dataset, tables) for layer, (dag_id, tables) in SIGNS.items()
    ]
    return [*landed, *built]
