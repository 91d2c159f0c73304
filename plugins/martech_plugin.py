"""Registers what Airflow must know by name to read a serialized DAG, and what its menu leads to."""

from __future__ import annotations

import os

from airflow.plugins_manager import AirflowPlugin
from martech.airflow_lines.menu import menu_links
from martech.airflow_lines.schedules import DailyBackfillTimetable
from martech.dashboards.links import DashboardLink, browser_address


class MartechPlugin(AirflowPlugin):
    """The timetables of this project, the links of its tasks, and a menu entry for the dashboards.

    The web server knows where they are by ``MARKETING_REPORT_URI``; where it is not set, or is a folder of the
    machine, there is no entry.
    """

    name = "martech"
    timetables = [DailyBackfillTimetable]  # noqa: RUF012 - Airflow's plugin contract
    operator_extra_links = [DashboardLink()]  # noqa: RUF012


# The attribute has another name on each Airflow line.
_folder = os.environ.get("MARKETING_REPORT_URI", "").rstrip("/")
for _attribute, _entries in menu_links(Dashboards=browser_address(f"{_folder}/executive.html")).items():
    setattr(MartechPlugin, _attribute, _entries)
