"""What Airflow's scheduler imports before it forks its tasks, so that no task imports it again.

``airflow_local_settings`` of a local stack imports this. LocalExecutor forks tasks from the scheduler: with
``PRELOAD_FOR_TASKS`` they find the large packages and Airflow's plugins there, with ``PRELOAD_DAGS`` the DAGs too. Then
no task sees an edit of ``include`` or ``plugins``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import runpy
from functools import cache
from pathlib import Path

PACKAGES = (
    "cosmos.operators.local",
    "dbt.adapters.bigquery",
    "dbt.cli.main",
    "google.cloud.bigquery",
    "sqlglot",
)


@cache
def _before_first_fork() -> None:
    importlib.import_module("airflow.cli.cli_parser").get_parser()
    # Each task asks for its listeners, which loads every plugin: Cosmos' brings the whole web server.
    listeners = "airflow.sdk.listener" if importlib.util.find_spec("airflow.sdk") else "airflow.listeners.listener"
    importlib.import_module(listeners).get_listener_manager()
    if os.environ.get("PRELOAD_DAGS"):
        for file in sorted(Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).glob("*.py")):
            # The DAG processor reports what is wrong with a file.
            with contextlib.suppress(Exception):
                runpy.run_path(str(file))
    # What is here now stays: no task's garbage collector need look at it again.
    gc.collect()
    gc.freeze()


if os.environ.get("PRELOAD_FOR_TASKS"):
    for package in PACKAGES:
        importlib.import_module(package)
    os.register_at_fork(before=_before_first_fork)
