"""The first and last task of the chain's DAGs, on the warehouse's own log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException, Asset
from martech.days.chain import Chain, Step
from martech.days.operators import ChooseDaysOperator, PublishDaysOperator, RawDays

from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse

BRONZE = settings.layers["bronze"].dataset
TODAY = datetime.now(UTC).date()
CHAIN = Chain(
    [
        Step("create_warehouse"),
        Step("ingest_zendesk", ("create_warehouse",)),
        Step("ingest_braze", ("create_warehouse",)),
        Step("build_silver", ("ingest_zendesk", "ingest_braze")),
        Step("activate_leads", ("build_silver",), by_day=False),
    ],
    keep_days=90,
    most_days=31,
)
SILVER = Asset("warehouse://test/silver")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class Runs:
    """Runs the first and the last task of DAGs in a warehouse of its own."""

    def __init__(self, warehouse: DbtWarehouse) -> None:
        self.warehouse = warehouse
        self.table = warehouse.table("ops.day_log")
        self.order: list[date] | None = None
        self.params: dict[str, Any] = {}
        self.run_type = "scheduled"
        self.load_raw_days: Callable[[], RawDays] | None = None
        self.numbers = count(1)
        self.where: dict[str, Any] = {
            "project_id": warehouse.project, "location": "US", "day_log": self.table, "load_chain": lambda: CHAIN
        }  # fmt: skip

    def choose(self, dag_id: str, run_id: str = "run 1", **options: Any) -> dict[str, Any]:
        operator = ChooseDaysOperator(
            ordered=lambda _: self.order, load_raw_days=self.load_raw_days, **options, **self.where
        )  # fmt: skip
        return operator.execute(self.context(dag_id, run_id))

    def publish(self, dag_id: str, choice: dict[str, Any] | None, run_id: str = "run 1") -> dict[str, Any]:
        context = self.context(dag_id, run_id)
        context["ti"].xcom_pull = lambda task_ids: choice if task_ids == "choose_days" else None
        context["outlet_events"] = {SILVER: SimpleNamespace(extra=None)}
        PublishDaysOperator(asset=SILVER, load_raw_days=self.load_raw_days, **self.where).execute(context)
        extra: dict[str, Any] = context["outlet_events"][SILVER].extra
        return extra

    def context(self, dag_id: str, run_id: str) -> dict[str, Any]:
        task = SimpleNamespace(dag_id=dag_id, run_id=run_id, task_id="choose_days", try_number=1)
        return {"ti": task, "params": self.params, "dag_run": SimpleNamespace(run_type=self.run_type)}

    def run(self, dag_id: str, *days: date) -> dict[str, Any]:
        """Run a DAG for days that were ordered, or for those that it chooses."""
        self.order = list(days) or None
        run_id = f"scheduled {next(self.numbers)}"
        try:
            return self.publish(dag_id, self.choose(dag_id, run_id), run_id)
        finally:
            self.order = None


@pytest.fixture
def runs(make_project: Callable[[], DbtWarehouse]) -> Runs:
    return Runs(make_project())


def test_the_chain_takes_a_day_from_step_to_step(runs: Runs) -> None:
    assert runs.run("create_warehouse") == {"start_date": str(ago(1)), "end_date": str(ago(1))}
    assert runs.choose("ingest_zendesk")["days"] == [str(ago(1))]
    runs.run("ingest_zendesk")
    with pytest.raises(AirflowSkipException, match=f"build_silver has nothing to do: {ago(1)} waits for ingest_braze"):
        runs.choose("build_silver")
    runs.run("ingest_braze")
    choice = runs.choose("build_silver")
    assert (choice["days"], choice["ordered"]) == ([str(ago(1))], False)
    assert len(choice["read"][str(ago(1))]) == 2
    runs.run("build_silver")
    with pytest.raises(AirflowSkipException, match=r"nothing to do: all that has been published is built\."):
        runs.choose("build_silver", "run 2")


def test_an_order_is_obeyed_whatever_the_log_says(runs: Runs) -> None:
    runs.order = [ago(5), ago(4)]
    choice = runs.choose("build_silver")
    assert choice == {
        "days": [str(ago(5)), str(ago(4))], "start_date": str(ago(5)), "end_date": str(ago(4)),
        "read": {str(ago(5)): [], str(ago(4)): []}, "ordered": True,
    }  # fmt: skip


def test_a_run_that_is_cleared_keeps_its_days(runs: Runs) -> None:
    for day in (ago(2), ago(1)):
        runs.run("create_warehouse", day)
    runs.run("ingest_zendesk", ago(2))
    assert runs.choose("ingest_zendesk", "this run")["days"] == [str(ago(1))]
    runs.run("ingest_zendesk", ago(1))
    assert runs.choose("ingest_zendesk", "this run")["days"] == [str(ago(1))], "cleared"
    with pytest.raises(AirflowSkipException):
        runs.choose("ingest_zendesk", "the next run")


def test_what_is_published_while_a_run_is_at_work_wakes_it_again(runs: Runs) -> None:
    for dag_id in ("create_warehouse", "ingest_zendesk", "ingest_braze"):
        runs.run(dag_id)
    choice = runs.choose("build_silver")
    runs.run("ingest_braze", ago(1))
    runs.publish("build_silver", choice)
    assert runs.choose("build_silver", "run 2")["days"] == [str(ago(1))]


def ticket(day: date) -> dict[str, Any]:
    synced = f"{day}T10:00:00Z"
    return {"id": 1, "requester_id": 1, "created_at": synced, "updated_at": synced, "_fivetran_synced": synced}


def event(day: date) -> dict[str, Any]:
    return {
        "event_date": str(day), "event_timestamp": 1, "event_name": "late", "user_pseudo_id": "u",
        "_fivetran_synced": f"{TODAY}T01:00:00Z",
    }  # fmt: skip


def test_a_day_that_got_rows_after_it_was_published_is_taken_again(runs: Runs) -> None:
    runs.warehouse.create_layer("bronze")
    runs.load_raw_days = lambda: RawDays(BRONZE, {"zendesk_tickets": 0, "zendesk_users": 0})
    for day in (ago(2), ago(1)):
        runs.warehouse.insert("zendesk_tickets", [ticket(day)])
        runs.run("create_warehouse", day)
        runs.run("ingest_zendesk")
    with pytest.raises(AirflowSkipException):
        runs.choose("ingest_zendesk")
    runs.warehouse.insert("zendesk_tickets", [ticket(ago(2))])
    assert runs.choose("ingest_zendesk", "run 2")["days"] == [str(ago(2))]
    runs.run("ingest_zendesk", ago(2))
    with pytest.raises(AirflowSkipException):
        runs.choose("ingest_zendesk", "run 3")


def test_late_events_are_built_with_the_next_day_and_make_none_stale(runs: Runs) -> None:
    runs.warehouse.create_layer("bronze")
    runs.load_raw_days = lambda: RawDays(BRONZE, {"firebase_events": 3})
    for n in range(6, 1, -1):
        runs.run("create_warehouse", ago(n))
        runs.run("ingest_zendesk")
        runs.warehouse.insert("firebase_events", [event(ago(n))])
        with pytest.raises(AirflowSkipException):
            runs.choose("ingest_zendesk", f"late {n}")
    runs.warehouse.insert("firebase_events", [event(ago(6))])
    assert runs.choose("ingest_zendesk", "too late")["days"] == [str(ago(6))], "no coming day is built with it"


ACCEPTED = {"sources": ["braze"], "days": str(ago(1)), "who": "ann", "why": "Braze is down"}


def test_a_source_that_was_given_up_holds_nobody_up(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    for dag_id in ("create_warehouse", "ingest_zendesk"):
        runs.run(dag_id)
    runs.choose("ingest_braze", "fails")
    runs.params = {"accept_sources": ACCEPTED}
    with caplog.at_level(logging.INFO):
        assert runs.choose("build_silver")["days"] == [str(ago(1))]
    assert "ingest_braze given up by ann: Braze is down" in caplog.text
    (kept,) = runs.warehouse.query(
        "select * from day_log where event = 'accepted' and event_at >= '2020-01-01'", layer="ops"
    )
    assert (kept["step"], kept["data_day"], kept["accepted_by"]) == ("ingest_braze", ago(1), "ann")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"who": None}, "lacks who: say which sources, which days"),
        ({"why": ""}, "lacks why"),
        ({"days": None, "who": ""}, "lacks days, who"),
        ({"sources": ["brazen"]}, "no step 'ingest_brazen': use one of create_warehouse, ingest_zendesk"),
        ({"days": "yesterday"}, "write them as YYYY-MM-DD"),
    ],
)
def test_nothing_is_given_up_without_which_who_and_why(runs: Runs, changed: dict[str, Any], message: str) -> None:
    runs.params = {"accept_sources": {**ACCEPTED, **changed}}
    with pytest.raises(AirflowFailException, match=message):
        runs.choose("build_silver")
    assert runs.warehouse.rows("day_log", layer="ops") == []


def test_a_sync_by_hand_goes_on_without_days(runs: Runs) -> None:
    with pytest.raises(AirflowSkipException):
        runs.choose("activate_leads", runs_without_days=True)
    for run_type in ("manual", "operator_triggered"):
        runs.run_type = run_type
        choice = runs.choose("activate_leads", runs_without_days=True)
        assert choice["days"] == []
        runs.publish("activate_leads", choice)
    assert runs.warehouse.rows("day_log", layer="ops") == []


def test_the_log_says_what_every_step_waits_for(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    for dag_id in ("create_warehouse", "ingest_zendesk"):
        runs.run(dag_id)
    with caplog.at_level(logging.INFO), pytest.raises(AirflowSkipException):
        runs.choose("build_silver")
    line = f"{ago(1)}  ingest_braze ready; build_silver waits ingest_braze; activate_leads waits"
    assert line in caplog.text


def test_before_the_warehouse_is_made_there_is_nothing_to_do(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    runs.warehouse.query("drop table day_log", layer="ops")
    with pytest.raises(AirflowSkipException):
        runs.choose("build_silver")
    assert "run create_warehouse" in caplog.text


def test_days_that_nobody_chose_are_not_published(runs: Runs) -> None:
    with pytest.raises(AirflowFailException, match="clear choose_days"):
        runs.publish("build_silver", None)
