"""Every check, on data in which it passes and on data that is broken for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from martech.quality.client import QualityClient
from martech.quality.operators import CheckTablesOperator
from martech.quality.results import QualityResult
from martech.quality.tables import CHECKS, MONITOR, QualityTable

from tests.quality.conftest import COLUMNS, DAY, HISTORY, PROJECT, ROWS, Shop

YESTERDAY = DAY - timedelta(days=1)


def check(
    shop: Shop,
    context: dict[str, Any],
    *tables: QualityTable,
    days: Any = (DAY,),
    raw: QualityTable | None = None,
) -> list[QualityResult]:
    """Run the operator and return what it recorded."""
    CheckTablesOperator(
        task_id="check_tables",
        layer=tables[0].layer,
        load_tables=lambda layer: tables,
        load_raw_tables=lambda: [raw] if raw else tables,
        days=list(days),
        results_table=shop.table("quality_checks"),
        project_id=PROJECT,
        location="US",
    ).execute(context)
    return QualityClient(project_id=PROJECT, location="US").run_results(
        shop.table("quality_checks"), context["ti"].run_id
    )


def failures(results: list[QualityResult]) -> set[tuple[str, str | None, date]]:
    return {(result.check, result.column, result.day) for result in results if result.is_failed}


def messages(results: list[QualityResult], check_name: str) -> str:
    return "\n".join(result.message for result in results if result.check == check_name and result.is_failed)


def test_every_check_passes_on_good_data(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    results = check(shop, context, orders)
    assert {result.check for result in results if result.passed} == set(CHECKS) - {MONITOR}
    assert all(result.passed for result in results), "nothing may be left unjudged after five weeks"


def test_columns_that_changed(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    declared = {**COLUMNS, "status": "INT64", "coupon": "STRING"}
    declared.pop("details")
    results = check(shop, context, replace(orders, columns=declared, drift=(), references=()))
    assert "column coupon is missing" in messages(results, "schema")
    assert "column status is STRING, declared as INT64" in messages(results, "schema")
    extra = next(result for result in results if "details" in result.message)
    assert extra.severity == "warning", "nothing reads a column that is not declared"


def test_table_that_is_gone_is_told_not_a_crash(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    gone = replace(orders, name="nowhere")
    results = check(shop, context, gone, orders)
    assert {result.table for result in results if result.is_failed} == {gone.label}
    assert {result.check for result in results if result.table == orders.label} == set(CHECKS) - {MONITOR}


def test_rows_that_landed_late(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    results = check(shop, context, replace(orders, max_age=timedelta(hours=3)))
    assert failures(results) == {("freshness", None, DAY)}
    assert "re-sync the Fivetran connector" in messages(results, "freshness")


def test_landing_times_of_a_few_rows_are_not_judged(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    limits = replace(orders.limits, minimum_rows=ROWS + 1)
    late = replace(orders, max_age=timedelta(hours=3), limits=limits)
    (result,) = [result for result in check(shop, context, late) if result.check == "freshness"]
    assert (result.passed, result.observed) == (None, f"{ROWS} rows")


def test_built_table_that_lags_behind(empty_shop: Shop, built: QualityTable, context: dict[str, Any]) -> None:
    empty_shop.land([DAY - timedelta(days=ago) for ago in range(1, HISTORY)])
    results = check(empty_shop, context, built)
    assert ("freshness", None, DAY) in failures(results)
    assert f"newest data day {YESTERDAY}, expected {DAY} (less than 24 h behind)" in messages(results, "freshness")


def test_built_table_that_is_up_to_date(shop: Shop, built: QualityTable, context: dict[str, Any]) -> None:
    (fresh,) = [result for result in check(shop, context, built) if result.check == "freshness"]
    assert fresh.passed
    assert fresh.value == 0


def test_missing_days(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query("delete from {orders} where event_date in ('2026-11-10', '2026-11-12')")
    results = check(shop, context, orders)
    gaps = {result.day for result in results if result.check == "partition_gap" and result.is_failed}
    assert gaps == {date(2026, 11, 10), date(2026, 11, 12)}
    assert failures(results) == {("partition_gap", None, day) for day in gaps}


def test_a_missing_day_is_an_error_of_its_own_run_and_a_warning_of_later_ones(
    shop: Shop, orders: QualityTable, context: dict[str, Any]
) -> None:
    old = DAY - timedelta(days=9)
    shop.query(f"delete from {{orders}} where event_date in ('{old}', '{YESTERDAY}')")
    gaps = [result for result in check(shop, context, orders, days=[YESTERDAY, DAY]) if result.check == "partition_gap"]
    assert {(result.day, str(result.severity)) for result in gaps} == {(old, "warning"), (YESTERDAY, "error")}


def test_days_before_the_first_one_and_of_a_sparse_table_are_no_gaps(
    empty_shop: Shop, orders: QualityTable, context: dict[str, Any]
) -> None:
    empty_shop.land([DAY - timedelta(days=5), DAY])
    results = check(empty_shop, context, replace(orders, expect="sparse"))
    assert not any(result.check == "partition_gap" for result in results)
    missing = [r.day for r in check(empty_shop, context, orders) if r.check == "partition_gap"]
    assert missing == [DAY - timedelta(days=ago) for ago in (4, 3, 2, 1)]


def test_days_that_a_table_no_longer_keeps_are_not_missed(
    shop: Shop, orders: QualityTable, context: dict[str, Any]
) -> None:
    # A backfill of gold may reach back further than bronze keeps its partitions.
    long_ago = DAY - timedelta(days=100)
    assert check(shop, context, orders, days=[long_ago]) == []


def test_days_older_than_the_raw_data_are_no_history(
    empty_shop: Shop, built: QualityTable, context: dict[str, Any]
) -> None:
    # The first sync brings records of months, but the raw table has landed daily for three days only.
    empty_shop.query("create table {customers_raw} (event_date date) partition by event_date")
    landed = [DAY - timedelta(days=ago) for ago in range(3)]
    for day in landed:
        empty_shop.query(f"insert into {{customers_raw}} values ('{day}')")
    raw = replace(built, layer="bronze", name="customers_raw")
    empty_shop.land([DAY - timedelta(weeks=weeks) for weeks in range(1, 5)], 5)
    empty_shop.land(landed)
    results = check(empty_shop, context, built, days=landed[::-1], raw=raw)
    assert not failures(results)
    assert {result.passed for result in results if result.check == "volume"} == {None}


@pytest.mark.parametrize(("rows", "hint"), [(40, "a partial sync"), (ROWS * 2, "landed or were joined twice")])
def test_day_with_an_unusual_number_of_rows(
    shop: Shop, orders: QualityTable, context: dict[str, Any], rows: int, hint: str
) -> None:
    shop.query(f"delete from {{orders}} where event_date = '{DAY}'")
    shop.land([DAY], rows)
    results = check(shop, context, orders)
    assert ("volume", None, DAY) in failures(results)
    assert f"orders has {rows} rows for {DAY}, expected 76 to 164 rows" in messages(results, "volume")
    assert hint in messages(results, "volume")


def test_weekday_is_compared_with_its_own_kind(empty_shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    # Mondays are three times as busy as all other days.
    days = [DAY - timedelta(days=ago) for ago in range(HISTORY + 1)]
    empty_shop.land([day for day in days if day.weekday() == DAY.weekday()], 360)
    empty_shop.land([day for day in days if day.weekday() != DAY.weekday()], 120)
    volumes = [r for r in check(empty_shop, context, orders, days=days[:2]) if r.check == "volume"]
    assert [(r.passed, r.value) for r in sorted(volumes, key=lambda r: r.day)] == [(True, 120), (True, 360)]


def test_young_table_is_not_judged_by_its_volume(
    empty_shop: Shop, orders: QualityTable, context: dict[str, Any]
) -> None:
    empty_shop.land([DAY - timedelta(days=ago) for ago in range(6)])
    (volume,) = [result for result in check(empty_shop, context, orders) if result.check == "volume"]
    assert volume.passed is None
    assert "fewer than 3 of the same weekdays before have rows" in volume.message


def test_nulls(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query(f"update {{orders}} set amount = null where event_date = '{DAY}' and id <= 12")
    results = check(shop, context, replace(orders, drift=()))
    assert failures(results) == {("null_rate", "amount", DAY)}
    assert "has 10.00% nulls (12 of 120) on 2026-11-23, at most 5.00% nulls" in messages(results, "null_rate")


def test_one_null_is_too_many_where_none_is_allowed(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query(f"update {{orders}} set id = null where event_date = '{DAY}' and id = 1")
    assert failures(check(shop, context, orders)) == {("null_rate", "id", DAY)}


def test_good_days_do_not_hide_a_bad_one(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query(f"update {{orders}} set amount = null where event_date = '{YESTERDAY}' and id <= 12")
    days = [DAY - timedelta(days=ago) for ago in range(10)]
    assert failures(check(shop, context, replace(orders, drift=()), days=days)) == {("null_rate", "amount", YESTERDAY)}


def test_orphans(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query(f"update {{orders}} set customer_id = 99 where event_date = '{DAY}' and id <= 6")
    shop.query(f"update {{orders}} set customer_id = null where event_date = '{DAY}' and id = 7")
    results = check(shop, context, orders)
    assert failures(results) == {("integrity", "customer_id", DAY)}
    assert "5.04% orphans (6 of 119)" in messages(results, "integrity"), "nulls refer to nothing"


def test_category_that_took_over(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    shop.query(f"update {{orders}} set status = 'open' where event_date = '{DAY}'")
    results = check(shop, context, orders)
    assert failures(results) == {("drift", "status", DAY)}
    assert "'open' went from 33.3% to 100.0% of the rows" in messages(results, "drift")


def test_numbers_that_moved(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    # Cents instead of dollars.
    shop.query(f"update {{orders}} set amount = amount * 100 where event_date = '{DAY}'")
    results = check(shop, context, orders)
    assert failures(results) == {("drift", "amount", DAY)}
    assert "its quartiles are now" in messages(results, "drift")


def test_checks_that_are_off_are_not_recorded(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    results = check(shop, context, replace(orders, severity={"schema": "error", "freshness": "warning"}))
    assert {result.check for result in results} == {"schema", "freshness"}


def test_table_of_current_state_knows_its_past_from_earlier_runs(
    empty_shop: Shop, built: QualityTable, context: dict[str, Any]
) -> None:
    state = replace(
        built, partition_field=None, expect="current", day_field="event_date", drift=(), severity={"volume": "warning"}
    )
    for weeks in (4, 3, 2, 1, 0):
        day = DAY - timedelta(weeks=weeks)
        empty_shop.query("delete from {orders} where true")
        empty_shop.land([day], 500 if weeks else 50)
        context["ti"].run_id = f"run of {day}"
        (volume,) = check(empty_shop, context, state, days=[day])
        assert volume.passed is {4: None, 3: None, 2: None, 1: True, 0: False}[weeks], volume.message


def test_state_of_an_old_day_is_stale(empty_shop: Shop, built: QualityTable, context: dict[str, Any]) -> None:
    state = replace(built, partition_field=None, expect="current", day_field="event_date", drift=())
    empty_shop.land([YESTERDAY])
    assert ("freshness", None, DAY) in failures(check(empty_shop, context, state))
    empty_shop.land([DAY])
    assert ("freshness", None, DAY) not in failures(check(empty_shop, context, state))


def test_second_try_replaces_the_first(shop: Shop, orders: QualityTable, context: dict[str, Any]) -> None:
    first = check(shop, context, orders)
    assert len(check(shop, context, orders)) == len(first)
