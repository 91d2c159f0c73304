"""Registers what Airflow must know by name to read a serialized DAG."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin
from martech.airflow_lines.schedules import DailyBackfillTimetable
from martech.dashboards.links import DashboardLink


class MartechPlugin(AirflowPlugin):
    """The timetables of this project, and the links of its tasks."""

    name = "martech"
    timetables = [DailyBackfillTimetable]  # noqa: RUF012 - Airflow's plugin contract
    operator_extra_links = [DashboardLink()]  # noqa: RUF012
