"""The signs of a built day are tables that exist, partitioned by day, and DAGs that exist."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from include.pipeline.deadlines import milestones
from include.pipeline.layer_ddl import layer_files
from include.pipeline.settings import settings
from include.pipeline.sources import load_sources
from include.pipeline.windows import resolve_window


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


@pytest.mark.parametrize("starts_before", [timedelta(days=1), timedelta(0)], ids=["Airflow 2", "Airflow 3"])
def test_the_day_before_the_deadline_is_looked_at(starts_before: timedelta) -> None:
    """Airflow 2 gives a daily run the interval before it, Airflow 3 one of no length."""
    deadline = datetime(2026, 11, 24, 8, tzinfo=UTC)
    window = resolve_window(
        params={},
        event_extras=[],
        interval=(deadline - starts_before, deadline),
        run_at=deadline,
        today=deadline.date(),
    )
    assert window.start == date(2026, 11, 23)
