"""How Airflow runs dbt: one project, one profile, one ``dbt build`` per step of a layer.

Steps, and not a task per model, because an Airflow task costs more than most models do
(docs/dbt_on_airflow.md has the measurements). A step builds its models in dbt's own order, each followed by its
tests: what depends on a failed test is not built. What became of each model and test is kept in ``ops.dbt_results``.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException
from cosmos import DbtBuildLocalOperator, ProfileConfig
from cosmos.constants import InvocationMode, TestIndirectSelection
from martech.alerts.messages import Alert
from martech.alerts.severity import Severity
from martech.dbt.artifacts import NOTABLE, NodeResult, node_results
from martech.warehouse.client import WarehouseClient, job_labels

from include.pipeline.alert_channels import send_alert
from include.pipeline.dag_defaults import WAREHOUSE
from include.pipeline.settings import DBT_DIR, settings
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


def build_with_dbt(step: DbtStep) -> DbtBuildLocalOperator:
    """Return the task that builds and tests a step's models for the run's window.

    :param step: what to build.
    """
    return DbtBuildLocalOperator(
        task_id=step.task_id,
        project_dir=str(DBT_DIR),
        profile_config=ProfileConfig(
            profile_name="marketing",
            target_name=os.environ.get("DBT_TARGET", "prod"),
            profiles_yml_filepath=DBT_DIR / "profiles.yml",
        ),
        invocation_mode=InvocationMode.DBT_RUNNER,
        select=list(step.select),
        exclude=list(step.exclude),
        # A test of several models runs in the step in which the last of them is built.
        indirect_selection=TestIndirectSelection.BUILDABLE.value,
        # Unit tests prove the code, not the day's data: they run in `make test`.
        dbt_cmd_flags=["--exclude-resource-type", "unit_test"],
        vars=settings.variables,
        # Not among the vars, for which dbt would parse the project again (include/dbt/macros/window/window_day.sql).
        env={"MARKETING_START_DATE": "{{ window_start() }}", "MARKETING_END_DATE": "{{ window_end() }}"},
        # The project is parsed once, not once per step.
        cache_dir=Path(tempfile.gettempdir()) / "marketing-dbt",
        install_deps=False,
        emit_datasets=False,  # the layer's asset says more than one asset per model would
        should_store_compiled_sql=False,  # of all models at once; settle_results logs what failed
        append_env=True,
        callback=settle_results,
        on_warning_callback=report_warnings,
    )
