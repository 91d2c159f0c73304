"""A throw-away Airflow home; ``tests/embedded.py`` has the shared fixtures, ``tests/schedule.py`` marks and groups."""

from __future__ import annotations

import os
import tempfile

from tools.local.services import REPOSITORY

pytest_plugins = ["tests.schedule", "tests.embedded"]

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
