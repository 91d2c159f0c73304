"""``MARKETING_DBT_TASKS=models`` makes a task per model of the same models, in the same order. Both Airflow lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import DAG, TaskGroup

from include.pipeline import dbt_steps
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.dbt_steps import GOLD, SILVER, build_models_with_dbt, cache_folder
from include.pipeline.settings import SettingsError, load_settings

BUILT = ("model", "seed")


@dataclass(frozen=True)
class Node:
    """A task, and the dbt node that it builds or tests.

    :param task: the task.
    :param layer: the group that it is in: silver's comes first.
    """

    task: Any
    layer: int


@pytest.fixture(scope="module")
def nodes() -> dict[str, Node]:
    """Tasks by the id of their node; a node that two groups have fails here."""
    made: dict[str, Node] = {}
    with DAG("models", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None):
        for number, steps in enumerate((SILVER, GOLD)):
            with TaskGroup(f"layer_{number}"):
                for node, task in build_models_with_dbt(steps).tasks_map.items():
                    assert node not in made, f"{node} is built twice"
                    made[node] = Node(task, number)
    return made


@pytest.fixture(scope="module")
def declared() -> dict[str, Any]:
    """dbt's own nodes by id."""
    return {name: node for name, node in load_manifest()["nodes"].items() if node["config"].get("enabled", True)}


def test_every_model_and_seed_has_one_task(nodes: dict[str, Node], declared: dict[str, Any]) -> None:
    wanted = {name for name, node in declared.items() if node["resource_type"] in BUILT}
    assert wanted - nodes.keys() == set()
    assert {name for name in nodes if name.split(".")[0] in BUILT} == wanted


def running(nodes: dict[str, Node]) -> dict[str, Node]:
    """Return the tasks that run dbt."""
    return {name: node for name, node in nodes.items() if hasattr(node.task, "dbt_cmd_flags")}


def parents(node: dict[str, Any]) -> set[str]:
    """Return the models, seeds and sources that a node reads."""
    return set(node["depends_on"].get("nodes", ()))


def test_every_data_test_runs_once_with_its_model_or_after_all_its_parents(
    nodes: dict[str, Node], declared: dict[str, Any]
) -> None:
    tests = {name: node for name, node in declared.items() if node["resource_type"] == "test"}
    alone = {name for name, node in tests.items() if len(parents(node)) > 1}
    assert {name for name in nodes if name.startswith("test.")} == alone
    # The others run with the one model that they read: an ephemeral one has no task of its own.
    with_model = {parent for name in tests.keys() - alone for parent in parents(tests[name])}
    assert with_model <= running(nodes).keys()
    # A model's own task leaves out the tests that have a task, and no other.
    left_out = Counter(
        name
        for node in running(nodes).values()
        for part in str(node.task.exclude or "").split()
        for name in alone
        if name.split(".")[2] == part
    )
    assert left_out.keys() == {name for name in alone if any(parent in nodes for parent in parents(tests[name]))}


def test_nothing_runs_before_what_it_reads(nodes: dict[str, Node], declared: dict[str, Any]) -> None:
    late = []
    for name, node in nodes.items():
        for parent in parents(declared[name]) & nodes.keys():
            before = nodes[parent]
            in_order = before.layer < node.layer or before.task.task_id in node.task.upstream_task_ids
            late += [] if in_order else [f"{name} before {parent}"]
    assert late == []


def test_all_tasks_share_one_parse_and_leave_out_unit_tests(nodes: dict[str, Node], declared: dict[str, Any]) -> None:
    tasks = running(nodes)
    ephemeral = {name for name, node in declared.items() if node["config"].get("materialized") == "ephemeral"}
    assert nodes.keys() - tasks.keys() == ephemeral
    assert {node.task.cache_dir for node in tasks.values()} == {cache_folder()}
    assert all("unit_test" in node.task.dbt_cmd_flags for node in tasks.values())
    assert {node.task.callback for node in tasks.values()} == {dbt_steps.settle_results}


def test_checkouts_and_users_do_not_share_a_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache_folder()
    monkeypatch.setattr(dbt_steps, "DBT_DIR", Path("/elsewhere/include/dbt"))
    elsewhere = cache_folder()
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert len({here, elsewhere, cache_folder()}) == 3


@pytest.mark.parametrize(("value", "tasks"), [(None, "steps"), ("", "steps"), ("steps", "steps"), ("models", "models")])
def test_how_many_tasks_is_a_setting(value: str | None, tasks: str) -> None:
    environ = {} if value is None else {"MARKETING_DBT_TASKS": value}
    assert load_settings(environ).dbt_tasks == tasks


def test_another_value_names_those_that_are_possible() -> None:
    with pytest.raises(SettingsError, match="MARKETING_DBT_TASKS='model': set it to steps or models, or unset it"):
        load_settings({"MARKETING_DBT_TASKS": "model"})
