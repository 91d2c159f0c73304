"""Ingestion waits for the day's table of the Analytics export, and later for what may stand in for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout
from martech.ingestion.export_sensor import ExportSensor

from include.landing.declared_landings import source_landing
from tests.landing.conftest import Warehouse

LONG_AGO = date(2026, 11, 20)
TASK: dict[str, Any] = {"ti": SimpleNamespace(dag_id="ingest_ga360", task_id="wait_for_export")}
TODAY = datetime.now(UTC).date()


def make(warehouse: Warehouse, dataset: str, *days: date, **kwargs: Any) -> ExportSensor:
    landing = replace(source_landing("ga360"), datasets=(dataset,))
    return ExportSensor(
        task_id="wait_for_export",
        project_id=warehouse.client.project,
        location="US",
        landing=lambda: landing,
        days=days,
        **{"poke_interval": 0.05, "timeout": 0.1, **kwargs},
    )


def make_tables(warehouse: Warehouse, dataset: str, *tables: str) -> str:
    """Create a dataset with tables that have no rows."""
    warehouse.connectors.make_dataset(dataset)
    for table in tables:
        warehouse.connectors.make_table(dataset, table, {"event_date": "STRING"})
    return dataset


def test_a_table_without_rows_has_come(warehouse: Warehouse) -> None:
    dataset = make_tables(warehouse, "export_empty", "events_20261120")
    assert make(warehouse, dataset, LONG_AGO).execute(TASK) == ["export_empty.events_20261120"]


def test_every_day_of_the_window_must_come(warehouse: Warehouse) -> None:
    dataset = make_tables(warehouse, "export_gap", "events_20261120")
    with pytest.raises(AirflowSensorTimeout, match=r"has not made export_gap\.events_20261121 within .*BigQuery link"):
        make(warehouse, dataset, LONG_AGO, LONG_AGO + timedelta(days=1)).execute(TASK)


def test_a_preliminary_table_does_after_the_declared_hours(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = make_tables(warehouse, "export_fresh", "events_intraday_20261120", "events_fresh_20261120")
    assert make(warehouse, dataset, LONG_AGO).execute(TASK) == ["export_fresh.events_fresh_20261120"]
    assert "export_fresh.events_20261120 has not come: events_fresh_20261120 lands in its place" in caplog.text


def test_until_then_the_complete_table_is_waited_for(warehouse: Warehouse) -> None:
    # Today has not ended: no hours have passed since.
    dataset = make_tables(warehouse, "export_today", f"events_intraday_{TODAY:%Y%m%d}")
    with pytest.raises(AirflowSensorTimeout, match=rf"export_today\.events_{TODAY:%Y%m%d}"):
        make(warehouse, dataset, TODAY).execute(TASK)


def test_a_connector_of_the_export_has_one_table_for_all_days(warehouse: Warehouse) -> None:
    dataset = make_tables(warehouse, "export_by_connector", "event")
    assert make(warehouse, dataset, TODAY).execute(TASK) == ["export_by_connector"]


def test_a_missing_dataset_fails_at_once(warehouse: Warehouse) -> None:
    with pytest.raises(AirflowFailException, match=r"no dataset analytics_0 in .* MARKETING_LANDING_GA4 names"):
        make(warehouse, "analytics_0", LONG_AGO, timeout=3600).execute(TASK)
