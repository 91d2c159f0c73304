"""Staging and silver end the same whatever the order of runs, and follow a record that moves to another customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.sources import load_sources
from tests.dbt.dbt_warehouse import FIRST_DAY, LAST_DAY, DbtWarehouse

# Two runs of two days each.
WINDOWS = [(FIRST_DAY, FIRST_DAY + timedelta(days=1)), (LAST_DAY - timedelta(days=1), LAST_DAY)]
# table → its layer
TABLES = {
    **{
        f"stg_{source.name}__{table.name.removeprefix(f'{source.name}_')}": "intermediate"
        for source in load_sources().values()
        for table in source.tables
    },
    "int_identity__records": "intermediate",
    **{script.path.stem: "silver" for script in layer_scripts("silver") if script.create.kind == "table"},
}


def build(warehouse: DbtWarehouse, start: date, end: date, *select: str) -> None:
    models = select or ("staging", "+path:models/silver")
    warehouse.build_models("--select", *models, start=start, end=end)


def contents(warehouse: DbtWarehouse, table: str) -> list[str]:
    return sorted(repr(row) for row in warehouse.rows(table, TABLES[table]))


def land_and_build(warehouse: DbtWarehouse, sample: Path, windows: list[tuple[date, date]]) -> DbtWarehouse:
    for start, end in windows:
        warehouse.land(sample, start, end)
        build(warehouse, start, end)
    return warehouse


@pytest.fixture(scope="module")
def in_order(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """The first days land and are built before the next ones, into tables that dbt creates."""
    return land_and_build(dbt_warehouse("built-in-order"), sample_days, WINDOWS)


@pytest.fixture(scope="module")
def at_once(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """All days land, then one run builds them, into the empty tables of the DDL."""
    warehouse = dbt_warehouse("built-at-once")
    warehouse.create_layer("silver")
    return land_and_build(warehouse, sample_days, [(FIRST_DAY, LAST_DAY)])


@pytest.fixture(scope="module")
def backfilled(dbt_warehouse: Callable[[str], DbtWarehouse], sample_days: Path) -> DbtWarehouse:
    """The first days land and are built after the newest ones."""
    return land_and_build(dbt_warehouse("built-backfilled"), sample_days, WINDOWS[::-1])


@pytest.mark.parametrize("table", TABLES)
def test_one_range_equals_runs_in_order(in_order: DbtWarehouse, at_once: DbtWarehouse, table: str) -> None:
    assert contents(in_order, table)
    assert contents(at_once, table) == contents(in_order, table)


@pytest.mark.parametrize("table", TABLES)
def test_late_backfill_equals_runs_in_order(in_order: DbtWarehouse, backfilled: DbtWarehouse, table: str) -> None:
    assert contents(backfilled, table) == contents(in_order, table)


def test_customer_360_describes_the_newest_day_whatever_day_is_built(backfilled: DbtWarehouse) -> None:
    rows = backfilled.query("select distinct as_of_date from customer_360", "silver")
    assert rows == [{"as_of_date": LAST_DAY}]


def test_rerun_of_old_days_changes_nothing(in_order: DbtWarehouse) -> None:
    before = {table: contents(in_order, table) for table in TABLES}
    build(in_order, *WINDOWS[0])
    assert {table for table in TABLES if contents(in_order, table) != before[table]} == set()


def test_the_sample_holds_what_makes_this_hard(in_order: DbtWarehouse) -> None:
    versions = in_order.rows("braze_users", "bronze")
    profiles = {row["external_id"] for row in versions}
    assert len(versions) > len(profiles) == len(contents(in_order, "stg_braze__users"))
    events = in_order.rows("braze_message_events", "bronze")
    assert any(row["_fivetran_synced"].date() > row["event_date"] for row in events)


def test_rows_follow_a_record_that_moves_to_another_customer(at_once: DbtWarehouse) -> None:
    """Runs last: it moves a visitor by hand, as identity resolution would, and dates one session long ago."""

    def rows(table: str, condition: str) -> list[dict]:
        return at_once.query(f"select * from {table} where {condition}", "silver")

    newest = max(rows("unified_sessions", "customer_id is not null"), key=lambda row: row["session_start_at"])
    its_key = f"identity_key = '{newest['identity_key']}'"
    long_ago = FIRST_DAY - timedelta(days=200)
    at_once.query(
        f"insert into unified_sessions select * replace (date '{long_ago}' as session_date, 'old' as session_id) "
        f"from unified_sessions where session_id = '{newest['session_id']}'",
        "silver",
    )
    at_once.query(f"update int_customers__keys set customer_id = 'moved' where {its_key}")
    build(at_once, LAST_DAY, LAST_DAY, "unified_sessions", "unified_touchpoints")
    sessions = {row["session_id"]: row["customer_id"] for row in rows("unified_sessions", its_key)}
    assert sessions.pop("old") == newest["customer_id"], "rows older than the lookback keep their customer"
    assert set(sessions.values()) == {"moved"}
    assert {row["customer_id"] for row in rows("unified_touchpoints", its_key)} == {"moved"}
