"""A lease that is held by the try of an Airflow task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from martech.leases.lease import Owner


def owner_of(context: Mapping[str, Any]) -> Owner:
    """Return the owner that a running task is.

    :param context: the task's context.
    """
    task = context["ti"]
    return Owner(f"{task.dag_id} / {task.run_id} / {task.task_id}", task.try_number)
