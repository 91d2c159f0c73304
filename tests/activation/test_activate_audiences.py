"""The DAGs of the syncs, run by Airflow itself against the local destinations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# Runs a DAG in a process of its own, with its own Airflow database, as `airflow dags test` does.
RUNNER = """
import json, sys
sys.path.insert(0, sys.argv[3])
import activate_audiences
run = vars(activate_audiences)[sys.argv[1]].test(run_conf=json.loads(sys.argv[2]))
states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
print("RESULT", json.dumps({"state": str(run.state), "tasks": states}))
"""


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory) -> Path:
    """Return an Airflow home with a migrated database."""
    home = tmp_path_factory.mktemp("airflow")
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=os.environ | {"AIRFLOW_HOME": str(home)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    return home


@pytest.fixture
def run_dag(airflow_home):
    """Return a function that runs a DAG and returns its states and its log."""

    def run(dag_id: str, **conf) -> tuple[dict, str]:
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, dag_id, json.dumps(conf), str(REPOSITORY / "dags")],
            env=os.environ | {
                "AIRFLOW_HOME": str(airflow_home),
                "MARKETING_REPORT_URI": (airflow_home / "reports").as_uri(),
                "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "plugins"))),
            },
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        log = done.stdout + done.stderr
        result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
        assert result, log[-4000:]
        return json.loads(result.removeprefix("RESULT ")), log

    return run


def test_a_day_of_lead_scores(warehouse, salesforce, run_dag, airflow_home):
    dag_id = "activate_lead_scores_to_salesforce"
    warehouse.make_leads(60)

    result, log = run_dag(dag_id, dry_run=True)
    assert result["state"].endswith("success"), log[-3000:]
    assert result["tasks"]["send_changes"].endswith("skipped")
    assert "59 add" in log
    assert salesforce.requests == {}
    page = airflow_home / "reports" / "activation-lead_scores_to_salesforce.html"
    assert "What a run would change" in page.read_text()

    result, log = run_dag(dag_id)
    assert result["state"].endswith("success"), log[-3000:]
    assert len(salesforce.objects["Lead"].records) == 59

    warehouse.run("delete from `@gold.lead_scores` where lead_grade in ('A', 'B', 'C')")
    result, log = run_dag(dag_id)
    assert result["tasks"]["plan_sync"].endswith("failed")
    assert "confirm_removals" in log
    assert [row["status"] for row in sorted(warehouse.ops("runs"), key=lambda r: r["finished_at"])] == [
        "dry_run", "succeeded", "failed",
    ]  # fmt: skip

    secret = salesforce.connection()["password"]
    for token in (secret, *salesforce.tokens):
        assert token not in log
    database = (airflow_home / "airflow.db").read_bytes()
    assert not [token for token in (secret, *salesforce.tokens) if token.encode() in database]


def test_braze_and_google_ads_and_no_secret_anywhere(warehouse, braze, google, run_dag, airflow_home):
    warehouse.make_customers(40)
    logs = ""
    for dag_id in ("activate_customer_health_to_braze", "activate_customers_to_google_ads"):
        result, log = run_dag(dag_id)
        assert result["state"].endswith("success"), log[-3000:]
        logs += log
    assert len(braze.attributes) == 40
    assert google.audiences["8765432109"]
    key = google.connection()["extra"]["keyfile_dict"]["private_key"].splitlines()[1]
    secrets = [braze.connection()["password"], key, *google.tokens]
    database = (airflow_home / "airflow.db").read_bytes()
    for secret in secrets:
        assert secret not in logs
        assert secret.encode() not in database
    assert b"Person7@Example.com" not in database


def test_a_wrong_password_fails_without_retries_and_names_the_fix(warehouse, salesforce, run_dag, monkeypatch):
    wrong = salesforce.connection() | {"password": "wr0ng-s3cret"}
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(wrong))
    warehouse.make_leads(10)
    result, log = run_dag("activate_lead_scores_to_salesforce")
    assert result["tasks"]["send_changes"].endswith("failed")
    assert "Correct login (consumer key) and password" in log
    assert "wr0ng-s3cret" not in log
    (row,) = warehouse.ops("runs")
    assert (row["status"], row["pending"]) == ("incomplete", 10)
