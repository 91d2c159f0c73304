"""Shared fixtures: a throw-away Airflow home, and an embedded warehouse of the test session's own.

What a test needs decides how it is marked and which tests share a worker with it: see ``tests/schedule.py``.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from tools.local.services import REPOSITORY, free_port, wait_for_http, warehouse_command

pytest_plugins = ["tests.schedule"]

# Before anything imports Airflow: tests never see the user's own Airflow.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-tests-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(REPOSITORY / "dags")
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(REPOSITORY / "plugins")
os.environ["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] = "False"
os.environ["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] = "False"
os.environ["AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT"] = (
    '{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": true, "project": "nexvigilant-marketing-prod"}}'
)


@pytest.fixture(scope="session")
def warehouse_url() -> Iterator[str]:
    """Serve an empty embedded warehouse for this test session and point Google's clients at it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(warehouse_command(port)) as server, pytest.MonkeyPatch.context() as patch:

        def check() -> None:
            assert server.poll() is None, "the embedded warehouse has stopped"

        wait_for_http(f"{url}/bigquery/v2/projects", check)
        patch.setenv("BIGQUERY_EMULATOR_HOST", url)
        yield url
        server.terminate()
