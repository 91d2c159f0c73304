"""The DAGs of the chain are wired as the chain says: what a step needs wakes it, and its days frame its tasks."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

os.environ.setdefault("DBT_TARGET", "local")

from airflow.timetables.base import TimeRestriction
from martech.airflow_lines.schedules import DailyBackfillTimetable

from include.pipeline.day_chain import load_chain

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2.11
    from airflow.models import DagBag

CHAIN = load_chain()
FOLLOWERS = [step for step in CHAIN.steps.values() if step.needs]
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    found: dict[str, Any] = DagBag().dags
    return found


def condition_of(dag: Any) -> Any:
    """Return what wakes a DAG: assets, which Airflow 2.11 calls datasets."""
    condition = getattr(dag.timetable, "asset_condition", None)
    return dag.timetable.dataset_condition if condition is None else condition


def waking(dag: Any) -> set[str]:
    """Return the addresses of the assets of which one is enough to wake a DAG."""
    return {asset.uri for asset in condition_of(dag).objects}


def test_every_step_is_a_dag(dags: dict[str, Any]) -> None:
    assert CHAIN.steps.keys() <= dags.keys()


@pytest.mark.parametrize("name", CHAIN.steps)
def test_a_dag_of_the_chain_chooses_its_days_and_publishes_them(dags: dict[str, Any], name: str) -> None:
    dag = dags[name]
    choose, publish = dag.get_task("choose_days"), dag.get_task("publish_days")
    assert choose.task_id in {task.task_id for task in publish.get_flat_relatives(upstream=True)}
    # What works on the days is not started where there are none; the head makes the log itself.
    alone = {task.task_id for task in dag.tasks if task is not choose and task not in choose.get_flat_relatives()}
    assert alone == ({"create_tables"} if name == CHAIN.head else set())
    assert dag.max_active_runs == 1


@pytest.mark.parametrize("step", FOLLOWERS, ids=lambda step: step.name)
def test_whatever_a_step_needs_wakes_it(dags: dict[str, Any], step: Any) -> None:
    needed = {asset.uri for need in step.needs for asset in dags[need].get_task("publish_days").outlets}
    assert needed
    assert needed <= waking(dags[step.name])
    assert type(condition_of(dags[step.name])).__name__ in {"DatasetAny", "AssetAny"}


def test_the_clock_wakes_what_no_event_has_woken() -> None:
    timetable = DailyBackfillTimetable(wake="17 */2 * * *")
    restriction = TimeRestriction(earliest=START, latest=None, catchup=False)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    now = datetime.now(UTC)
    assert first
    assert now - timedelta(hours=2) <= first.run_after <= now
    assert (first.run_after.hour % 2, first.run_after.minute) == (0, 17)
    following = timetable.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=restriction)
    assert following
    assert following.run_after - first.run_after == timedelta(hours=2)


@pytest.mark.parametrize("wake", [None, "17 */2 * * *"])
def test_backfills_go_by_day_whatever_the_clock(wake: str | None) -> None:
    timetable = DailyBackfillTimetable(wake=wake)
    timetable = DailyBackfillTimetable.deserialize(timetable.serialize())
    assert timetable.wake == wake
    restriction = TimeRestriction(earliest=START, latest=None, catchup=True)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert first
    assert (first.data_interval.start, first.data_interval.end) == (START, START + timedelta(days=1))


def test_without_a_clock_only_events_and_hands_start_it() -> None:
    restriction = TimeRestriction(earliest=START, latest=None, catchup=False)
    timetable = DailyBackfillTimetable()
    assert timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction) is None
