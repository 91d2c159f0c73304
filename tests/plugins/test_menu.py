"""Airflow's own command says what its menu shows, on both Airflow lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ADDRESS = "https://storage.cloud.google.com/bucket/reports/executive.html"


def menu(tmp_path: Path, report_uri: str) -> list[tuple[str, str]]:
    """Return label and address of each entry that the project's plugin adds to the menu.

    :param report_uri: folder of the pages.
    """
    environ = os.environ | {"AIRFLOW_HOME": str(tmp_path), "MARKETING_REPORT_URI": report_uri}
    command = [str(Path(sys.executable).with_name("airflow")), "plugins", "--output", "json"]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    plugins: list[dict[str, Any]] = json.loads(run.stdout[run.stdout.index("[{") :])
    (ours,) = [plugin for plugin in plugins if plugin["name"] == "martech"]
    assert ours["timetables"] == ["martech.airflow_lines.schedules.DailyBackfillTimetable"]
    entries = [*ours.get("external_views", []), *ours["appbuilder_menu_items"]]
    return [(entry["name"], entry["href"]) for entry in entries]


@pytest.mark.parametrize(
    ("report_uri", "entries"),
    [("gs://google_cloud_default@bucket/reports", [("Dashboards", ADDRESS)]), ("file:///reports", []), ("", [])],
)
def test_the_menu_leads_to_a_bucket_and_to_nothing_that_a_browser_refuses(
    tmp_path: Path, report_uri: str, entries: list[tuple[str, str]]
) -> None:
    assert menu(tmp_path, report_uri) == entries
