"""Daily runs, one run over all days and a backfill after newer days end in the same staging tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.warehouse.sources import load_sources
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
MODELS = [
    *(
        f"stg_{source.name}__{table.name.removeprefix(f'{source.name}_')}"
        for source in load_sources().values()
        for table in source.tables
    ),
    "int_identity__records",
]


def build(warehouse: DbtWarehouse, start: date, end: date) -> None:
    warehouse.dbt("run", "--select", "staging", "int_identity__records", start=start, end=end)


def land_and_build(warehouse: DbtWarehouse, sample: Path, start: date, end: date) -> None:
    warehouse.land(sample, start, end)
    build(warehouse, start, end)


def contents(warehouse: DbtWarehouse, model: str) -> list[str]:
    return sorted(repr(row) for row in warehouse.rows(model))


@pytest.fixture(scope="module")
def daily(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """Each day lands and is built before the next one."""
    warehouse = dbt_warehouse("staging-daily")
    for day in DAYS:
        land_and_build(warehouse, sample_days, day, day)
    return warehouse


@pytest.fixture(scope="module")
def at_once(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """All days land, then one run builds them."""
    warehouse = dbt_warehouse("staging-at-once")
    land_and_build(warehouse, sample_days, FIRST_DAY, LAST_DAY)
    return warehouse


@pytest.fixture(scope="module")
def backfilled(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """The second day lands and is built after the newer ones."""
    warehouse = dbt_warehouse("staging-backfilled")
    for start, end in ((DAYS[0], DAYS[0]), (DAYS[2], DAYS[-1]), (DAYS[1], DAYS[1])):
        land_and_build(warehouse, sample_days, start, end)
    return warehouse


@pytest.mark.parametrize("model", MODELS)
def test_one_range_equals_daily_runs(daily: DbtWarehouse, at_once: DbtWarehouse, model: str) -> None:
    assert contents(at_once, model) == contents(daily, model)


@pytest.mark.parametrize("model", MODELS)
def test_late_backfill_equals_daily_runs(daily: DbtWarehouse, backfilled: DbtWarehouse, model: str) -> None:
    assert contents(backfilled, model) == contents(daily, model)


def test_rerun_of_an_old_day_changes_nothing(daily: DbtWarehouse) -> None:
    before = {model: contents(daily, model) for model in MODELS}
    build(daily, DAYS[1], DAYS[1])
    assert {model: contents(daily, model) for model in MODELS} == before


def test_the_sample_holds_what_makes_this_hard(daily: DbtWarehouse) -> None:
    versions = daily.rows("braze_users", "bronze")
    profiles = {row["external_id"] for row in versions}
    assert len(versions) > len(profiles) == len(contents(daily, "stg_braze__users"))
    events = daily.rows("braze_message_events", "bronze")
    assert any(row["_fivetran_synced"].date() > row["event_date"] for row in events)
