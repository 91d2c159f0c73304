"""Profiles of all columns on a warehouse: what is kept, what is read, and what becomes a warning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from martech.ingestion.volumes import VolumeRules
from martech.quality.client import QualityClient
from martech.quality.column_monitors import MonitorLimits
from martech.quality.column_operators import MonitorColumnsOperator
from martech.quality.column_profiles import read_column_profiles
from martech.quality.tables import QualityTable

from include.pipeline.layer_ddl import layer_scripts
from include.privacy.declared_personal_data import personal_columns
from include.quality.declared_checks import quality_tables
from tests.quality.conftest import COLUMNS, DAY, PROJECT, ROWS, Shop
from tests.quality.test_check_tables_operator import check

PAST = MonitorLimits().days


def monitor(
    shop: Shop, table: QualityTable, *, days: tuple[date, ...] = (DAY,), run_id: str = "run 1"
) -> dict[str, int]:
    """Run the operator as one run, and return what it says."""
    task = SimpleNamespace(dag_id="check_quality", task_id="monitor_columns", run_id=run_id, try_number=1)
    operator = MonitorColumnsOperator(
        task_id="monitor_columns",
        layer=table.layer,
        load_tables=lambda layer: [table],
        load_personal=lambda: {shop.table("orders"): {"customer_id"}},
        load_calendar=VolumeRules,
        days=list(days),
        results_table=shop.table("quality_checks"),
        profiles_table=shop.table("column_profiles"),
        project_id=PROJECT,
        location="US",
    )
    return operator.execute({"ti": task, "task_instance": task, "params": {}})  # type: ignore[arg-type]


def profiled(shop: Shop, column: str, day: date = DAY) -> list[dict[str, Any]]:
    return shop.query(f"select * from {{column_profiles}} where profiled_day = '{day}' and column_name = '{column}'")


def test_a_first_run_knows_what_is_usual(shop: Shop, orders: QualityTable) -> None:
    assert monitor(shop, orders) == {"tables": 1, "unusual": 0}
    (days,) = shop.query(
        "select count(distinct profiled_day) as days, count(distinct column_name) as columns "
        "from {column_profiles} where profiled_day >= '2026-01-01'"
    )
    assert days == {"days": PAST + 1, "columns": len(COLUMNS)}
    (status,) = profiled(shop, "status")
    assert (status["row_count"], status["null_count"], status["distinct_values"]) == (ROWS, 0, 3)
    assert {value["value"]: value["value_count"] for value in status["top_values"]} == {
        "paid": 40,
        "open": 40,
        "sent": 40,
    }
    (amount,) = profiled(shop, "amount")
    assert (amount["zero_count"], amount["top_values"]) == (0, [])
    (details,) = profiled(shop, "details")
    assert (details["null_count"], details["distinct_values"]) == (0, None)


def test_no_value_of_a_person_is_kept(shop: Shop, orders: QualityTable) -> None:
    monitor(shop, orders)
    (personal,) = profiled(shop, "customer_id")
    assert (personal["distinct_values"], personal["top_values"]) == (40, [])
    monitor(shop, replace(orders, name="customers", columns={"id": "INT64"}, partition_field=None, expect="current"))
    assert {row["table_name"]: row["top_values"] for row in profiled(shop, "id")}[f"{shop.dataset}.customers"] == []


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"a": 1}, set()),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, set()),  # the ids of a small day
        ({"a": 2, "b": 1, "c": 1}, set()),
        ({"a": 3, "b": 1}, {"a", "b"}),
        ({"yes": 1, "no": 1, None: 4}, set()),
        ({"a" * 65: 2, "b": 2}, {"b"}),
        ({"a": 300, "b": 2}, {"a"}),
    ],
)
def test_what_only_single_rows_have_is_not_kept(values: dict[str | None, int], kept: set[str]) -> None:
    row = SimpleNamespace(
        column_name="transaction_id",
        day=DAY,
        row_count=sum(values.values()),
        null_count=values.get(None, 0),
        zero_count=0,
        distinct_values=len(values.keys() - {None}),
        mean_size=None,
        size_deviation=None,
        recent_count=None,
        top_values=[{"value": value, "count": count} for value, count in values.items()],
    )
    assert set(read_column_profiles([row])["transaction_id"][DAY].values) == kept


def test_a_later_run_reads_its_own_days(shop: Shop, orders: QualityTable) -> None:
    monitor(shop, orders, days=(DAY - timedelta(days=1),))
    monitor(shop, orders, run_id="run 2")
    assert len(profiled(shop, "status")) == 1
    assert len(profiled(shop, "status", DAY - timedelta(days=1))) == 1


@pytest.mark.parametrize("column", ["customer_id", "details"])
def test_a_source_that_stops_sending_a_field_is_a_warning(shop: Shop, orders: QualityTable, column: str) -> None:
    shop.query(f"update {{orders}} set {column} = null where event_date = '{DAY}'")
    assert monitor(shop, orders)["unusual"] == 1
    results = QualityClient(project_id=PROJECT, location="US").run_results(shop.table("quality_checks"), "run 1")
    (failed,) = [result for result in results if result.is_failed]
    assert (failed.check, failed.column) == ("monitor", column)
    assert "nulls 100.0% (120 of 120), usually 0.0%" in failed.message
    assert "Ask who runs the source" in failed.message


def test_its_results_and_those_of_the_other_checks_both_count(
    shop: Shop, orders: QualityTable, context: dict[str, Any]
) -> None:
    monitor(shop, orders)
    assert {"monitor", "schema"} <= {result.check for result in check(shop, context, orders)}


def test_a_young_table_and_a_missing_column_are_no_failure(empty_shop: Shop, orders: QualityTable) -> None:
    empty_shop.land([DAY - timedelta(days=1), DAY])
    assert monitor(empty_shop, orders) == {"tables": 1, "unusual": 0}
    assert monitor(empty_shop, replace(orders, columns={**COLUMNS, "coupon": "STRING"})) == {"tables": 0, "unusual": 0}


@pytest.mark.parametrize("layer", ["bronze", "silver", "gold"])
def test_what_is_personal_is_declared_of_every_table(layer: str) -> None:
    named = personal_columns()
    undeclared = {table.label for table in quality_tables(layer) if f"{PROJECT}.{table.label}" not in named}
    assert not undeclared
    emails = {
        f"{script.create.table_id}.{column.name}"
        for script in layer_scripts(layer)
        if script.create.kind == "table"
        for column in script.create.columns
        if column.name in ("email", "phone")
        and column.name not in named[f"{PROJECT}.{script.create.dataset_id}.{script.create.table_id}"]
    }
    assert emails == set()
