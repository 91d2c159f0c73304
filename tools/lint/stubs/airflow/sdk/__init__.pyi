"""For mypy: what ``airflow.providers.common.compat.sdk`` takes from Airflow 2.11, which has no ``airflow.sdk``.

The provider's annotations name Airflow 3 alone; without this file all that it re-exports would be ``Any``.
"""

from typing import Any

from airflow.datasets import Dataset as Asset
from airflow.decorators import task as task
from airflow.hooks.base import BaseHook as BaseHook
from airflow.io.path import ObjectStoragePath as ObjectStoragePath
from airflow.models.baseoperator import BaseOperator as BaseOperator
from airflow.models.baseoperator import chain as chain
from airflow.models.connection import Connection as Connection
from airflow.models.dag import DAG as DAG
from airflow.models.param import Param as Param
from airflow.sensors.base import BaseSensorOperator as BaseSensorOperator
from airflow.timetables.base import Timetable
from airflow.timetables.datasets import DatasetOrTimeSchedule
from airflow.utils.context import Context as Context
from airflow.utils.trigger_rule import TriggerRule as TriggerRule

__all__ = ["Asset"]

# As martech.airflow_lines.schedules has it on 2.11.
def AssetOrTimeSchedule(*, timetable: Timetable, assets: Any) -> DatasetOrTimeSchedule: ...  # noqa: N802
