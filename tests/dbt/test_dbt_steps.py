"""Each layer's steps build all of it, and the task of a step reports and keeps what became of every model and test."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from threading import Thread
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from cosmos.exceptions import CosmosDbtRunError
from martech.alerts.messages import Alert
from martech.leases.lease import LeaseClient, LeaseError, Owner, Times

from include.pipeline import dbt_steps
from include.pipeline.dag_defaults import WAREHOUSE
from include.pipeline.dbt_steps import GOLD, SILVER, DbtStep, build_with_dbt
from include.pipeline.settings import settings
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.dbt_project import parsed_project, run_dbt

DAY = date(2026, 11, 20)
numbers = count(1)
CAMPAIGNS, CLICKS = "stg_google_ads__campaigns", "stg_google_ads__clicks"
NEVER_BUILT = ("unit_test", "source", "exposure", "metric", "semantic_model", "saved_query")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., set[str]]:
    """Return the ids of the nodes that a selection builds, unit tests left out as in a run."""
    work = tmp_path_factory.mktemp("dbt-ls")
    manifest = parsed_project()[0]

    def ls(step: DbtStep) -> set[str]:
        command = ["--quiet", "ls", "--output", "json", "--output-keys", "unique_id"]
        selection = ["--indirect-selection", "buildable", "--select", *step.select]
        if step.exclude:
            selection += ["--exclude", *step.exclude]
        selection += [f"--exclude-resource-type={kind}" for kind in NEVER_BUILT]
        listed, _ = run_dbt(*command, *selection, work=work, environment={}, manifest=manifest)
        return set(listed)

    return ls


def test_the_steps_build_every_node_once(listed: Callable[..., set[str]]) -> None:
    everything = listed(DbtStep("all", ("marketing",)))
    built: set[str] = set()
    for step in (*SILVER, *GOLD):
        nodes = listed(step)
        assert nodes, f"{step.task_id} builds nothing"
        assert nodes & built == set(), f"{step.task_id} builds again what an earlier step has built: exclude it."
        built |= nodes
    assert everything - built == set(), "No step of include/pipeline/dbt_steps.py builds these: add their folder."


@pytest.fixture
def warehouse(dbt_warehouse: Callable[[str], DbtWarehouse], monkeypatch: pytest.MonkeyPatch) -> DbtWarehouse:
    """A campaign of a status that a test does not know, and no table of clicks."""
    project = f"dbt-steps-{next(numbers)}"
    warehouse = dbt_warehouse(project)
    warehouse.create_layer("ops")
    synced = f"{DAY}T10:00:00Z"
    warehouse.insert(
        "google_ads_campaigns", [{"id": 1, "customer_id": 1, "status": "ON HOLIDAY", "_fivetran_synced": synced}]
    )
    warehouse.query(f"drop table `{project}.{settings.layers['bronze'].dataset}.google_ads_clicks`")
    for name, value in {
        "DBT_TARGET": "local",
        "BIGQUERY_EMULATOR_HOST": warehouse.url,
        "MARKETING_PROJECT_ID": project,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(WAREHOUSE, "project_id", project)
    monkeypatch.setattr(dbt_steps, "settings", replace(settings, project_id=project))
    return warehouse


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """What the engineer gets."""
    alerts: list[Alert] = []
    monkeypatch.setattr(dbt_steps, "send_alert", lambda alert, _: alerts.append(alert))
    return alerts


def build(*models: str, times: Times | None = None) -> None:
    """Build models as the task of a step does.

    :param times: how long everything about the lease takes.
    """
    window = {"start_date": DAY.isoformat(), "end_date": DAY.isoformat()}
    task = SimpleNamespace(
        dag_id="build_silver", task_id="stage_sources", run_id="run 1", try_number=1, map_index=-1,
        xcom_pull=lambda task_ids: None,
    )  # fmt: skip
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    run = SimpleNamespace(data_interval_start=None, data_interval_end=None, logical_date=midnight)
    operator = build_with_dbt(DbtStep("stage_sources", models))
    operator.times = times
    operator.env = {f"MARKETING_{name.upper()}": day for name, day in window.items()}
    operator.execute({"ti": task, "task_instance": task, "run_id": "run 1", "params": window, "dag_run": run})


def test_a_step_tells_what_failed_or_warned_and_keeps_every_result(
    warehouse: DbtWarehouse, told: list[Alert], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(CosmosDbtRunError) as error:
        build(CAMPAIGNS, CLICKS)
    assert f"{CLICKS}: Database Error" in str(error.value)
    assert "google_ads_clicks was not found" in str(error.value)
    assert told == [], "Airflow reports the failure"
    assert f"The query of {CLICKS}:" in caplog.text
    assert "where value_field not in" in caplog.text, "the query of the test that warned"

    table = settings.layers["ops"].dataset
    kept = warehouse.query(f"select * from {table}.dbt_results where finished_at >= '2026-01-01'")
    assert {(row["dag_id"], row["task_id"], row["run_id"], row["first_day"], row["last_day"]) for row in kept} == {
        ("build_silver", "stage_sources", "run 1", DAY, DAY)
    }
    states = {(row["resource_type"], row["model_name"], row["status"]) for row in kept}
    assert states == {
        ("model", CAMPAIGNS, "success"),
        ("test", CAMPAIGNS, "pass"),
        ("test", CAMPAIGNS, "warn"),
        ("model", CLICKS, "error"),
        ("test", CLICKS, "skipped"),
    }
    assert {row["failures"] for row in kept if row["status"] == "warn"} == {1}

    build(CAMPAIGNS)
    (alert,) = told
    assert (alert.title, alert.severity) == ("dbt tests that warn in stage_sources: 1", "warning")
    assert alert.reason.startswith("accepted_values_stg_google_ads__campaigns_campaign_status")


def test_a_build_that_another_has_taken_over_from_ends(warehouse: DbtWarehouse, told: list[Alert]) -> None:
    """The scheduler was killed: the build goes on, and the scheduler starts a second try."""
    table = warehouse.table("ops.leases")
    quick = Times(heartbeat=timedelta(seconds=0.1))
    taken: list[Owner] = []

    def second_try() -> None:
        client = LeaseClient(project_id=warehouse.project, location="US")
        while not (first := client.holder(table, "build_silver")):
            time.sleep(0.05)
        taken.append(Owner(first.task, first.try_number + 1))
        assert client.acquire(table, "build_silver", taken[0], timedelta(minutes=5))

    later = Thread(target=second_try)
    later.start()
    with pytest.raises(LeaseError, match=r"stage_sources, try 1 has lost the lease of build_silver"):
        build(CAMPAIGNS, CLICKS, times=quick)
    later.join()
    assert LeaseClient(project_id=warehouse.project, location="US").holder(table, "build_silver") == taken[0]
    assert (
        warehouse.query(f"select * from {settings.layers['ops'].dataset}.dbt_results where finished_at > '2026-01-01'")
        == []
    )


def test_a_failed_test_is_not_tried_again(warehouse: DbtWarehouse, told: list[Alert]) -> None:
    build(CAMPAIGNS)
    warehouse.query(f"insert into {CAMPAIGNS} (campaign_id, synced_at) values ('of nobody', '{DAY}')")
    with pytest.raises(AirflowFailException, match=f"not_null_{CAMPAIGNS}_is_deleted: 1 rows"):
        build(CAMPAIGNS)
