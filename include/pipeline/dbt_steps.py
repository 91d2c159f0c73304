"""How Airflow runs dbt: one project, one profile, one ``dbt build`` per step of a layer.

Steps, and not a task per model, because an Airflow task costs more than most models do; ``MARKETING_DBT_TASKS=models``
makes a task per model all the same (docs/dbt_on_airflow.md has the measurements). A step builds its models in dbt's own
order, each followed by its tests: what depends on a failed test is not built. What became of each model and test is
kept in ``ops.dbt_results``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException
from cosmos import DbtBuildLocalOperator, DbtTaskGroup, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode, LoadMode, TestBehavior, TestIndirectSelection
from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.dbt.artifacts import NOTABLE, NodeResult, node_results
from martech.dbt.leased_build import LeasedBuildOperator
from martech.warehouse.client import WarehouseClient, job_labels

from include.pipeline.alert_channels import send_alert
from include.pipeline.dag_defaults import WAREHOUSE
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import DBT_DIR, MANIFEST, MODELS, settings
from include.pipeline.windows import window_of

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DbtStep:
    """A part of a layer that is built by one task.

    :param task_id: what the step does.
    :param select: dbt's selection of its nodes.
    :param exclude: what earlier steps have built.
    """

    task_id: str
    select: tuple[str, ...]
    exclude: tuple[str, ...] = ()


# They depend on the run's window, and a backfill of gold alone must find its own: built with gold, not with silver.
BUILT_WITH_GOLD = tuple(f"path:models/intermediate/{subject}" for subject in ("attribution", "features", "leads"))
# What each layer's DAG builds, one step after the other; seeds with what reads them.
SILVER = (
    DbtStep("stage_sources", ("path:models/staging",)),
    DbtStep("resolve_identity", ("+identity_map",), exclude=("path:models/staging",)),
    DbtStep(
        "build_tables",
        ("path:models/intermediate", "+path:models/silver"),
        exclude=("path:models/staging", "+identity_map", *BUILT_WITH_GOLD),
    ),
)
GOLD = (DbtStep("build_marts", ("path:seeds", "path:models/gold", *BUILT_WITH_GOLD), exclude=("+path:models/silver",)),)
LAYERS = (SILVER, GOLD)


def _keep_results(results: list[NodeResult], context: Context) -> None:
    """Append to ``ops.dbt_results``, and log the query of what failed or warned: Cosmos removes dbt's files.

    A history that cannot be written is logged and fails nothing: what dbt built, or dbt's own error, counts.
    """
    task, window = context["ti"], window_of(context)
    for result in results:
        if result.status in NOTABLE:
            log.warning("The query of %s:\n%s", result.node_name, result.query)
    head = {
        "dag_id": task.dag_id,
        "task_id": task.task_id,
        "run_id": task.run_id,
        "first_day": window.start.isoformat(),
        "last_day": window.end.isoformat(),
    }
    table = settings.table("ops", "dbt_results")
    try:
        WarehouseClient(**WAREHOUSE, labels=job_labels(context)).append_rows(
            table, [head | result.as_row() for result in results]
        )
    except Exception:
        log.exception("%s lacks this run. If the table is missing, run create_warehouse.", table)


def settle_results(project_dir: str, context: Context) -> None:
    """Keep what became of each model and test.

    Where nothing but data tests failed, fail at once: only other data or code can fix that, another try cannot.

    :param project_dir: where dbt ran.
    :param context: the task's context.
    :raises AirflowFailException: with each test that failed and its rows.
    """
    try:
        results = node_results(Path(project_dir) / "target")
    except FileNotFoundError:
        results = []  # dbt ended before it ran anything; Cosmos raises its error
    _keep_results(results, context)
    failed = [f"{result.node_name}: {result.failures} rows" for result in results if result.status == "fail"]
    if failed and not any(result.status == "error" for result in results):
        raise AirflowFailException("dbt tests failed, their queries are above:\n" + "\n".join(failed))


def report_warnings(context: Context) -> None:
    """Send one alert with every test that warned.

    :param context: the task's context, with the ``test_names`` and ``test_results`` that Cosmos adds.
    """
    by_cosmos: Mapping[str, Any] = context
    names, results = by_cosmos["test_names"], by_cosmos["test_results"]
    # Cosmos calls back after every build, whether or not something warned.
    if names:
        found = [f"{name}: {result}" for name, result in zip(names, results, strict=True)]
        title = f"dbt tests that warn in {context['ti'].task_id}: {len(found)}"
        fix = "Run the test's query, which is in the task's log; correct the data, or the rule in the model's YAML."
        send_alert(Alert(title, "\n".join(found), fix, severity=Severity.WARNING), context)


def cache_folder() -> Path:
    """Return where dbt's parse of the project is kept: one folder per checkout and user, who share a worker's disk."""
    checkout = hashlib.sha256(str(DBT_DIR).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"marketing-dbt-{os.getuid()}-{checkout}"


def _profile() -> ProfileConfig:
    return ProfileConfig(
        profile_name="marketing",
        target_name=os.environ.get("DBT_TARGET", "prod"),
        profiles_yml_filepath=DBT_DIR / "profiles.yml",
    )


def _task_arguments() -> dict[str, Any]:
    """Return the arguments of every task that runs dbt, whatever it builds."""
    return {
        # Unit tests prove the code, not the day's data: they run in `make test`.
        "dbt_cmd_flags": ["--exclude-resource-type", "unit_test"],
        "vars": settings.variables,
        # Not among the vars, for which dbt would parse the project again (include/dbt/macros/window/window_day.sql).
        "env": {"MARKETING_START_DATE": "{{ window_start() }}", "MARKETING_END_DATE": "{{ window_end() }}"},
        "install_deps": False,
        "should_store_compiled_sql": False,  # of all models at once; settle_results logs what failed
        "append_env": True,
        "callback": settle_results,
    }


def build_with_dbt(step: DbtStep) -> LeasedBuildOperator:
    """Return the task that builds and tests a step's models for the run's window, while no other run builds the layer.

    :param step: what to build.
    """
    return LeasedBuildOperator(
        task_id=step.task_id,
        leases=settings.table("ops", "leases"),
        warehouse=WAREHOUSE,
        project_dir=str(DBT_DIR),
        profile_config=_profile(),
        invocation_mode=InvocationMode.DBT_RUNNER,
        select=list(step.select),
        exclude=list(step.exclude),
        # A test of several models runs in the step in which the last of them is built.
        indirect_selection=TestIndirectSelection.BUILDABLE.value,
        # The project is parsed once, not once per step.
        cache_dir=cache_folder(),
        emit_datasets=False,  # the layer's asset says more than one asset per model would
        on_warning_callback=report_warnings,
        **_task_arguments(),
    )


def _seeds_read_by(path: str) -> list[str]:
    """Return the selections of the seeds that the models of a folder read, directly or through others.

    Cosmos looks for what an exclusion's models read among what was selected, and does not find it there.

    :param path: the folder, from the project's root.
    """
    manifest = load_manifest()
    nodes, found = manifest["nodes"], set()
    waiting = [name for name, node in nodes.items() if Path(node["original_file_path"]).is_relative_to(path)]
    while waiting:
        for name in manifest["parent_map"].get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return [f"fqn:{'.'.join(nodes[name]['fqn'])}" for name in sorted(found) if name.startswith("seed.")]


def _tests_that_read(paths: Collection[str]) -> set[str]:
    """Return the ids of the data tests that read a model of one of some folders.

    :param paths: folders, from the project's root.
    """
    nodes = load_manifest()["nodes"]
    models = {
        name
        for name, node in nodes.items()
        if any(Path(node["original_file_path"]).is_relative_to(path) for path in paths)
    }
    return {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test" and models.intersection(node["depends_on"]["nodes"])
    }


def _leave_out(group: DbtTaskGroup, nodes: Collection[str]) -> None:
    """Take tasks of tests out of a group: Cosmos makes one for every test of a model, whatever is excluded.

    :param group: the group.
    :param nodes: ids of the tests; those that it has not are no matter.
    """
    for node in nodes & group.tasks_map.keys():
        task = group.tasks_map.pop(node)
        for before in task.upstream_list:
            before.downstream_task_ids.discard(task.task_id)
        del task.task_group.children[task.task_id]
        del task.dag.task_dict[task.task_id]


def build_models_with_dbt(steps: tuple[DbtStep, ...]) -> DbtTaskGroup:
    """Return a task per model of a layer, which builds it with its tests, and one per test of several models.

    The graph comes from dbt's manifest, so that reading the DAGs starts no dbt.

    :param steps: what builds the layer: one of ``LAYERS``.
    """
    select = [choice for step in steps for choice in step.select]
    # What one step leaves to another is no exclusion of the layer.
    exclude = {choice for step in steps for choice in step.exclude} - {*select}
    for choice in [choice for choice in exclude if choice.startswith("+path:")]:
        exclude |= {*_seeds_read_by(choice.removeprefix("+path:"))}
    group = DbtTaskGroup(
        group_id="models",
        project_config=ProjectConfig(
            dbt_project_path=DBT_DIR, manifest_path=MANIFEST, project_name="marketing", install_dbt_deps=False
        ),
        profile_config=_profile(),
        execution_config=ExecutionConfig(invocation_mode=InvocationMode.DBT_RUNNER),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            select=select,
            exclude=sorted(exclude),
            test_behavior=TestBehavior.BUILD,
            should_detach_multiple_parents_tests=True,
            emit_datasets=False,
        ),
        operator_args=_task_arguments(),
        on_warning_callback=report_warnings,
    )
    # A test of models of several layers runs with the last of them.
    later = [choice for layer in LAYERS[LAYERS.index(steps) + 1 :] for step in layer for choice in step.select]
    _leave_out(group, _tests_that_read([choice.removeprefix("path:") for choice in later if "models" in choice]))
    for task in group.tasks_map.values():
        # Cosmos would keep a parse per group.
        task.cache_dir = cache_folder()
    return group


def dbt_tasks(steps: tuple[DbtStep, ...]) -> list[DbtBuildLocalOperator | DbtTaskGroup]:
    """Return what builds a layer, in order, as ``MARKETING_DBT_TASKS`` wants it: a task per step, or one per model.

    :param steps: what builds the layer.
    """
    if settings.dbt_tasks == MODELS:
        return [build_models_with_dbt(steps)]
    return [build_with_dbt(step) for step in steps]
