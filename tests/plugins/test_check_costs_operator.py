from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from martech.alerts.messages import Alert
from martech.costs.operators import CheckCostsOperator
from martech.warehouse.ddl import render

from include.pipeline.cost_policy import BUDGET_SETTING
from include.pipeline.settings import SQL_DIR, settings
from tests.plugins.sample import PROJECT, Dataset

# A Friday; the weeks before it begin in the month before.
DAY = date(2026, 11, 20)


@pytest.fixture
def costs(dataset: Dataset) -> Dataset:
    """A dataset with the tables of costs."""
    for table in ("job_costs", "storage_costs"):
        dataset.query(render(SQL_DIR / "ops" / f"{table}.sql", {**settings.sql_context, "ops_dataset": dataset.name}))
    return dataset


@pytest.fixture
def alerts() -> list[Alert]:
    return []


def spend(dataset: Dataset, days: Iterable[date], cost: str, dag: str | None = "build_gold") -> None:
    dag_id = f"'{dag}'" if dag else "null"
    values = ", ".join(f"(date '{day}', {dag_id}, 'QUERY', 1, 0, 0, 0, 0, {cost}, timestamp '{day}')" for day in days)
    dataset.query(
        f"insert into `{PROJECT}.{dataset.name}.job_costs` (cost_day, dag_id, job_type, jobs, failed_jobs, "
        f"bytes_processed, bytes_billed, slot_ms, cost_usd, measured_at) values {values}"
    )


def store(dataset: Dataset, day: date, cost: str) -> None:
    dataset.query(
        f"insert into `{PROJECT}.{dataset.name}.storage_costs` values "
        f"(date '{day}', 'marts', 't', 1, 1, 1, {cost}, timestamp '{day}')"
    )


def before(days: int) -> list[date]:
    return [DAY - timedelta(days=n) for n in range(1, days + 1)]


def check(
    dataset: Dataset, alerts: list[Alert], context: dict[str, Any], budget: str = "1000", **arguments: Any
) -> dict[str, Any]:
    return CheckCostsOperator(
        task_id="check",
        project_id=PROJECT,
        location="US",
        costs_file=SQL_DIR / "cost" / "daily_costs.sql",
        sql_context={**settings.sql_context, "ops_dataset": dataset.name},
        days=[DAY],
        monthly_budget_usd=Decimal(budget),
        budget_error_share=Decimal("0.2"),
        anomaly_minimum_usd=Decimal(1),
        budget_setting=BUDGET_SETTING,
        alert=lambda alert, _: alerts.append(alert),
        **arguments,
    ).execute(context)


def test_nothing_measured_is_no_finding(costs: Dataset, alerts: list[Alert], context: dict[str, Any]) -> None:
    assert check(costs, alerts, context, budget="0") == {
        "month": "2026-11",
        "to_date_usd": "0.00",
        "forecast_usd": "0.00",
        "anomalies": [],
    }
    assert alerts == []


def test_costs_as_usual_within_the_budget(costs: Dataset, alerts: list[Alert], context: dict[str, Any]) -> None:
    spend(costs, [DAY, *before(27)], "2")
    store(costs, DAY, "0.5")
    outcome = check(costs, alerts, context)
    # 20 days of 2 dollars and 10 to come; storage was measured once, and is not free on other days.
    assert (outcome["to_date_usd"], outcome["forecast_usd"]) == ("40.50", "75.00")
    assert alerts == []


def test_day_that_costs_far_more_is_a_warning_by_dag(
    costs: Dataset, alerts: list[Alert], context: dict[str, Any]
) -> None:
    spend(costs, before(14), "2")
    spend(costs, [DAY], "30")
    spend(costs, [DAY, *before(14)], "5", dag="build_silver")
    assert check(costs, alerts, context)["anomalies"] == ["build_gold 2026-11-20: $30.00"]
    (alert,) = alerts
    assert alert.severity == "warning"
    assert alert.title == "build_gold cost $30.00 on 2026-11-20, usually $2.00"
    assert alert.reason == "The limit is $3.00, from 14 of the 28 days before."
    assert "ops.job_costs" in alert.fix


def test_people_and_storage_are_judged_too(costs: Dataset, alerts: list[Alert], context: dict[str, Any]) -> None:
    spend(costs, before(7), "0.25", dag=None)
    spend(costs, [DAY], "9", dag=None)
    for day in before(7):
        store(costs, day, "1")
    store(costs, DAY, "4")
    assert check(costs, alerts, context)["anomalies"] == [
        "(no task) 2026-11-20: $9.00",
        "(storage) 2026-11-20: $4.00",
    ]


def test_forecast_above_the_budget_is_a_warning(costs: Dataset, alerts: list[Alert], context: dict[str, Any]) -> None:
    spend(costs, [DAY, *before(27)], "2")
    assert check(costs, alerts, context, budget="50")["forecast_usd"] == "60.00"
    (alert,) = alerts
    assert (alert.title, alert.severity) == ("November 2026 will cost $60.00, its budget is $50.00", "warning")
    assert "MARKETING_MONTHLY_BUDGET_USD" in alert.fix


def test_forecast_far_above_the_budget_fails_without_a_retry(
    costs: Dataset, alerts: list[Alert], context: dict[str, Any]
) -> None:
    spend(costs, [DAY, *before(27)], "2")
    with pytest.raises(AirflowFailException, match=r"will cost \$60\.00, its budget is \$49\.99.*\n.*or raise monthly"):
        check(costs, alerts, context, budget="49.99")
    # The failure callback reports it, once.
    assert alerts == []


def run(name: str) -> dict[str, Any]:
    return {"ti": SimpleNamespace(dag_id="watch_costs", task_id="check", run_id=name, try_number=1)}


def test_a_month_over_its_budget_is_red_once_and_again_for_every_further_step(
    costs: Dataset, alerts: list[Alert]
) -> None:
    costs.query(render(SQL_DIR / "ops" / "budget_alarms.sql", {**settings.sql_context, "ops_dataset": costs.name}))
    kept = {"alarms_table": f"{PROJECT}.{costs.name}.budget_alarms"}
    spend(costs, [DAY, *before(27)], "2")
    over = pytest.raises(AirflowFailException, match="its budget is")
    with over:
        check(costs, alerts, run("the 20th"), budget="49", **kept)
    with over:
        # Clearing it shows the same: nothing has changed.
        check(costs, alerts, run("the 20th"), budget="49", **kept)
    assert check(costs, alerts, run("the 21st"), budget="49", **kept)["forecast_usd"] == "60.00"
    assert alerts == []
    spend(costs, [DAY], "10", dag="build_silver")
    with over:
        check(costs, alerts, run("the 22nd"), budget="49", **kept)
    assert check(costs, alerts, run("the 23rd"), budget="49", **kept)["forecast_usd"] > "68"
    with over:
        # A new budget is another limit.
        check(costs, alerts, run("the 24th"), budget="48", **kept)


def test_few_days_of_history_alarm_nobody(costs: Dataset, alerts: list[Alert], context: dict[str, Any]) -> None:
    spend(costs, [DAY, *before(5)], "2")
    assert check(costs, alerts, context, budget="1")["forecast_usd"] == "60.00"
    assert alerts == []
