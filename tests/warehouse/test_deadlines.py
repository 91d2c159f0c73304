"""The signs of a built day are tables that exist, partitioned by day, and DAGs that exist."""

from __future__ import annotations

from include.warehouse.ddl import layer_files
from include.warehouse.deadlines import milestones
from include.warehouse.settings import settings
from include.warehouse.sources import load_sources


def test_every_layer_is_watched_in_the_order_of_the_chain() -> None:
    assert list(dict.fromkeys(milestone.layer for milestone in milestones())) == ["bronze", "silver", "gold"]
    assert [m.dag_id for m in milestones() if m.layer == "bronze"] == [f"ingest_{name}" for name in load_sources()]


def test_signs_are_tables_of_their_layer_with_daily_partitions() -> None:
    for milestone in milestones():
        assert milestone.tables, f"{milestone.dag_id} has no table with rows of every day: it cannot be watched."
        assert milestone.dataset_id == settings.layers[milestone.layer].dataset
        files = {file.stem: file for file in layer_files(milestone.layer)}
        for table in milestone.tables:
            assert "partition by" in files[table].read_text().lower()
