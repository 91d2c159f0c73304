"""Every DAG can be read and is documented; a failure names the DAG and the fix. Runs on both Airflow lines."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

os.environ.setdefault("DBT_TARGET", "local")

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2.11
    from airflow.models import DagBag

from include.pipeline.dag_defaults import OWNER, Tag
from include.pipeline.sources import load_sources


@pytest.fixture(scope="module")
def dag_bag() -> Any:
    started = time.perf_counter()
    bag = DagBag()
    print(f"\n{len(bag.dags)} DAGs parsed in {time.perf_counter() - started:.2f} s:")
    for stat in sorted(bag.dagbag_stats, key=lambda stat: stat.duration, reverse=True):
        print(f"  {stat.file:<28} {stat.duration.total_seconds():6.2f} s  {stat.dag_num} DAGs, {stat.task_num} tasks")
    return bag


@pytest.fixture(
    params=["create_warehouse", *(f"ingest_{name}" for name in load_sources()), "build_silver", "build_gold"]
)
def dag(dag_bag: Any, request: pytest.FixtureRequest) -> Any:
    assert request.param in dag_bag.dags, f"{request.param} is missing from dags/: {dag_bag.import_errors}"
    return dag_bag.dags[request.param]


def test_every_file_is_imported(dag_bag: Any) -> None:
    assert not dag_bag.import_errors, "\n\n".join(
        f"{path} cannot be imported: correct the error below.\n{error}" for path, error in dag_bag.import_errors.items()
    )
    assert dag_bag.dags


def test_every_dag_is_listed_with_known_tags(dag_bag: Any) -> None:
    known = {tag.value for tag in Tag}
    for dag_id, dag in dag_bag.dags.items():
        assert dag.tags, f"{dag_id} has no tags: pass some of include.pipeline.dag_defaults.Tag to dag_arguments()."
        assert set(dag.tags) <= known, f"{dag_id} has tags {set(dag.tags) - known}: add them to Tag or use another."


def test_every_dag_says_what_to_do(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        for part in ("### ", "**When it fails**", "**Owner**"):
            assert part in (dag.doc_md or ""), (
                f"{dag_id}: its docstring lacks {part!r}; pass doc_md=__doc__ to the DAG."
            )


def test_every_task_has_owner_retries_and_timeout(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        for task in dag.tasks:
            where = f"{dag_id}.{task.task_id}"
            assert task.owner != "airflow", f"{where} has no owner: make its DAG with dag_arguments() (owner {OWNER})."
            assert task.retries >= 1, f"{where} has no retries: leave `retries` to dag_arguments()."
            assert task.execution_timeout, f"{where} may hang forever: leave `execution_timeout` to dag_arguments()."


def test_no_task_ends_before_it_has_waited(dag_bag: Any) -> None:
    # A sensor's own message names what is missing; Airflow's limit of the task names nothing.
    waiting = [task for dag in dag_bag.dags.values() for task in dag.tasks if getattr(task, "deferrable", False)]
    assert waiting
    for task in waiting:
        assert task.execution_timeout.total_seconds() > task.timeout, f"{task.task_id} waits for {task.timeout} s only."


def test_scheduler_starts_nothing_in_the_past(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        assert not dag.catchup, f"{dag_id} has catchup on: backfills are asked for, never started by themselves."


def test_no_cycles(dag: Any) -> None:
    try:
        from airflow.utils.dag_cycle_tester import check_cycle  # noqa: PLC0415
    except ImportError:
        dag.check_cycle()
    else:
        check_cycle(dag)
