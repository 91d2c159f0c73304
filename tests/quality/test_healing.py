"""What is rebuilt by itself: only what can be, once, and never more than is allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from martech.quality.client import QualityClient
from martech.quality.healing import REPLAYED, Rebuild, plan_rebuilds
from martech.quality.operators import HealPartitionsOperator
from martech.quality.results import QualityResult
from martech.quality.tables import QualityTable

from tests.quality.conftest import DAY, PROJECT, Shop, result

DAYS = [DAY - timedelta(days=ago) for ago in range(10)]


def plan(*results: QualityResult, **options: Any) -> list[tuple[str, date]]:
    arguments = {"raw_days": set(DAYS), "tried": set(), "most": 5, **options}
    return [(rebuild.layer, rebuild.day) for rebuild in plan_rebuilds(results, **arguments)]


def test_missing_day_whose_raw_data_is_there() -> None:
    assert plan(result()) == [("silver", DAY)]
    assert plan(result(), raw_days=set(DAYS[1:])) == []


def test_partial_day() -> None:
    low = {"check": "volume", "low": 100.0, "high": 200.0, "severity": "warning"}
    assert plan(result(**low, value=20.0)) == [("silver", DAY)]
    assert plan(result(**low, value=400.0)) == [], "a rebuild makes no day smaller"
    assert plan(result(**low, value=20.0, passed=None)) == []


@pytest.mark.parametrize("facts", [{"layer": "bronze"}, {"check": "drift"}, {"passed": True}])
def test_what_a_rebuild_cannot_mend(facts: dict[str, Any]) -> None:
    assert plan(result(**facts)) == []


def test_silver_brings_gold_with_it() -> None:
    gold = result(layer="gold", table="marts.executive_kpis")
    assert plan(gold) == [("gold", DAY)]
    assert plan(gold, result()) == [("silver", DAY)]


def test_two_tables_of_a_day_are_one_rebuild() -> None:
    (rebuild,) = plan_rebuilds([result(), result(table="staging.unified_touchpoints")], raw_days=DAYS, tried=(), most=1)
    assert rebuild.reason == "staging.unified_sessions: 0 rows; staging.unified_touchpoints: 0 rows"


def test_day_is_tried_once() -> None:
    assert plan(result(), tried={("silver", DAY)}) == []
    assert plan(result(layer="gold"), tried={("silver", DAY)}) == [("gold", DAY)]


def test_no_more_than_allowed_oldest_first() -> None:
    missing = [result(day=day) for day in DAYS]
    assert plan(*missing, most=2) == [("silver", DAYS[9]), ("silver", DAYS[8])]
    assert plan(*missing, most=0) == []


def test_replayed_days_are_always_rebuilt() -> None:
    options = {"replayed": [DAYS[3]], "tried": {("silver", DAYS[3])}, "most": 0}
    assert plan(**options) == [("silver", DAYS[3])]


# ── the operator ────────────────────────────────────────────────────────────────────────────────────


def heal(shop: Shop, context: dict[str, Any], orders: QualityTable, **kwargs: Any) -> list[dict[str, Any]]:
    return HealPartitionsOperator(
        task_id="heal_partitions",
        days=[DAY],
        load_raw_tables=lambda: [orders],
        dags={"silver": "build_silver", "gold": "build_gold"},
        load_most=lambda: 2,
        results_table=shop.table("quality_checks"),
        healing_table=shop.table("quality_healing"),
        project_id=PROJECT,
        location="US",
        **kwargs,
    ).execute(context)


def test_rebuild_is_recorded_before_it_is_asked_for_and_asked_for_once(
    shop: Shop, orders: QualityTable, context: dict[str, Any], quality: QualityClient
) -> None:
    gap = result(day=DAYS[4])
    quality.keep_results(shop.table("quality_checks"), [gap, result(check="schema", passed=True)], "run 1")
    (asked,) = heal(shop, context, orders)
    assert asked["trigger_dag_id"] == "build_silver"
    assert asked["conf"] == {"start_date": str(DAYS[4]), "end_date": str(DAYS[4])}
    assert asked["trigger_run_id"].startswith(f"heal__silver__{DAYS[4]}__")
    (kept,) = shop.query("select * from {quality_healing}")
    assert (kept["layer"], kept["rebuilt_day"], kept["run_id"]) == ("silver", DAYS[4], "run 1")
    assert kept["triggered_run_id"] == asked["trigger_run_id"]

    assert heal(shop, context, orders) == [asked], "a second try of the task asks for the same run, which exists"
    assert len(shop.query("select * from {quality_healing}")) == 1

    context["ti"].run_id = "run 2"
    quality.keep_results(shop.table("quality_checks"), [gap], "run 2")
    assert heal(shop, context, orders) == [], "what a rebuild did not fix is left to people"


def test_raw_days_are_those_of_all_daily_tables(empty_shop: Shop, orders: QualityTable, quality: QualityClient) -> None:
    empty_shop.query("create table {customers_raw} (event_date date) partition by event_date")
    empty_shop.query(f"insert into {{customers_raw}} values ('{DAYS[0]}'), ('{DAYS[2]}')")
    empty_shop.land(DAYS[:2], 1)
    second = replace(orders, name="customers_raw")
    assert quality.complete_days([orders, second], DAY) == {DAYS[0]}
    assert quality.complete_days([orders, replace(second, expect="sparse")], DAY) == set(DAYS[:2])
    assert quality.complete_days([], DAY) == set()


def test_day_that_bronze_lacks_is_not_rebuilt(
    shop: Shop, orders: QualityTable, context: dict[str, Any], quality: QualityClient
) -> None:
    shop.query(f"delete from {{orders}} where event_date = '{DAYS[4]}'")
    quality.keep_results(shop.table("quality_checks"), [result(day=DAYS[4])], "run 1")
    assert heal(shop, context, orders) == []


def test_days_that_got_rows_back(
    shop: Shop, orders: QualityTable, context: dict[str, Any], quality: QualityClient
) -> None:
    quality.keep_results(shop.table("quality_checks"), [result(passed=True)], "run 1")
    assert heal(shop, context, orders, replayed_days=[]) == []
    (asked,) = heal(shop, context, orders, replayed_days=[str(DAYS[2])])
    assert asked["conf"]["start_date"] == str(DAYS[2])
    assert [rebuild for _, rebuild in quality.rebuilds(shop.table("quality_healing"))] == [
        Rebuild("silver", DAYS[2], REPLAYED)
    ]
