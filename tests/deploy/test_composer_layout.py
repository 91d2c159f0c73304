"""deploy/composer.sh with a folder as its bucket and a stand-in for gcloud; Airflow then reads it as Composer does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "composer.sh"
# Composer puts its bucket at /home/airflow/gcs; only dags/ and plugins/ are on Python's path there.
READ_DAGS = """
import json, sys
try:
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.configuration import conf
    bag = BundleDagBag(bundle_path=__import__("pathlib").Path(conf.get("core", "dags_folder")), bundle_name="dags")
except ImportError:  # Airflow 2.11
    from airflow.models import DagBag
    bag = DagBag()
from include.pipeline.declared_retention import declared_retention
from include.pipeline.settings import DBT_DIR
import martech
print("\\n" + json.dumps({
    "errors": bag.import_errors,
    "dags": sorted(bag.dags),
    "retained": sorted(table for tables in declared_retention().values() for table in tables),
    "files": [stat.file for stat in bag.dagbag_stats],
    "dbt": str(DBT_DIR),
    "martech": martech.__file__,
}))
"""
# Says on $CALLS what it was asked, and answers like the real one where composer.sh reads the answer.
GCLOUD = """#!/bin/bash
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in
    *list-packages*) cat "$IMAGE" ;;
    *describe*) echo gs://bucket/dags ;;
    *list-import-errors*) echo "Executing the command"; echo "$ERRORS" ;;
esac
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COMPOSER_")}
    return subprocess.run(
        [str(SCRIPT), *arguments],
        env={**kept, "PYTHON": sys.executable, "COMPOSER_SYNC_SECONDS": "0", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bucket to which an older version had been brought."""
    folder = tmp_path_factory.mktemp("gcs")
    for name in (
        "dags/airflow_monitoring.py",
        "dags/old.py",
        "dags/include/sql/old.sql",
        "plugins/old.py",
        "data/kept",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    done = run("sync", COMPOSER_BUCKET=str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def cloud(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in which `gcloud` is a stand-in."""
    gcloud = tmp_path / "bin" / "gcloud"
    gcloud.parent.mkdir()
    gcloud.write_text(GCLOUD)
    gcloud.chmod(0o755)
    (tmp_path / "image.txt").write_text("apache-airflow 2.11.2+composer\n")
    return {
        "PATH": f"{gcloud.parent}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "IMAGE": str(tmp_path / "image.txt"),
        "ERRORS": "No data found",
        "COMPOSER_ENVIRONMENT": "marketing",
        "COMPOSER_LOCATION": "us-central1",
    }


def calls(cloud: dict[str, str]) -> list[str]:
    path = Path(cloud["CALLS"])
    return path.read_text().splitlines() if path.exists() else []


def test_bucket_holds_this_version_and_what_is_composers_own(bucket: Path) -> None:
    assert (bucket / "dags" / "airflow_monitoring.py").exists()
    assert (bucket / "data" / "kept").exists()
    for gone in ("dags/old.py", "dags/include/sql/old.sql", "plugins/old.py"):
        assert not (bucket / gone).exists()
    assert {path.name for path in (ROOT / "dags").glob("*.py")} <= {
        path.name for path in (bucket / "dags").glob("*.py")
    }
    assert (bucket / "dags" / "include" / "dbt" / "target" / "manifest.json").exists()
    # Without it Airflow would import martech's http.py as Python's own.
    assert (bucket / "plugins" / ".airflowignore").read_text() == (ROOT / "plugins" / ".airflowignore").read_text()
    assert not list(bucket.rglob("__pycache__"))
    assert [path.name for path in (bucket / "dags" / "include" / "dbt" / "target").iterdir()] == ["manifest.json"]


def test_airflow_reads_every_dag_from_composers_layout(bucket: Path, tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH",) and "AIRFLOW" not in key}
    airflow = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(bucket / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(bucket / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ_DAGS],
        cwd=tmp_path,
        env={**clean, **airflow},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert read["errors"] == {}
    assert {"create_warehouse", "ingest_salesforce", "build_silver", "build_gold", "watch_deadlines"} <= set(
        read["dags"]
    )
    assert "int_identity__records" in read["retained"], "Only the manifest, brought along, knows it."
    assert not [file for file in read["files"] if "include" in file], "include/ holds no DAG to look for."
    assert read["dbt"] == str(bucket / "dags" / "include" / "dbt")
    assert read["martech"].startswith(str(bucket / "plugins"))


def test_all_goes_in_the_order_in_which_dags_need_it(cloud: dict[str, str]) -> None:
    done = run("all", **cloud)
    assert done.returncode == 0, done.stderr
    asked = calls(cloud)
    order = [
        next(n for n, call in enumerate(asked) if part in call)
        for part in (
            "list-packages marketing --location=us-central1",
            "environments update marketing --location=us-central1 --update-pypi-packages-from-file=",
            "storage rsync",
            "dags list-import-errors",
        )
    ]
    assert order == sorted(order)
    copies = [call.split() for call in asked if "storage rsync" in call]
    assert [copy[3] for copy in copies] == ["gs://bucket/plugins", "gs://bucket/dags/include", "gs://bucket/dags"]
    assert all("--delete-unmatched-destination-objects" in copy for copy in copies)
    # The other two are copied before, or are Composer's: deleting must not reach them.
    assert r"--exclude=^include/.*|^airflow_monitoring\.py$" in copies[2]


def test_dry_run_changes_nothing(cloud: dict[str, str]) -> None:
    done = run("--dry-run", "all", **cloud)
    assert done.returncode == 0, done.stderr
    assert {call.split()[2] for call in calls(cloud)} == {"list-packages", "describe"}
    assert done.stdout.count("would run: gcloud storage rsync") == 3
    assert "would run: gcloud composer environments update" in done.stdout


def test_dags_that_cannot_be_imported_fail_the_deployment(cloud: dict[str, str]) -> None:
    done = run("smoke", **{**cloud, "ERRORS": "filepath | error\ndags/x.py | ImportError"})
    assert done.returncode == 1
    assert "dags/x.py | ImportError" in done.stdout
    assert "Roll back" in done.stderr


# Says what it was asked, with the header from its input, and answers like Airflow 3's REST API.
CURL = """#!/bin/bash
printf 'curl %s %s\\n' "$*" "$(cat)" >> "$CALLS"
echo "$API"
"""


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ('{"import_errors": [], "total_entries": 0}', 0),
        ('{"import_errors": [{"filename": "x.py", "stack_trace": "ImportError: y"}], "total_entries": 1}', 1),
        ("<html>Sign in</html>", 1),
    ],
    ids=["no error", "an error", "no answer of Airflow"],
)
def test_on_airflow_3_the_rest_api_is_asked(cloud: dict[str, str], tmp_path: Path, answer: str, code: int) -> None:
    curl = tmp_path / "bin" / "curl"
    curl.write_text(CURL)
    curl.chmod(0o755)
    done = run("smoke", REQUIREMENTS="requirements-airflow3.txt", API=answer, **cloud)
    assert done.returncode == code
    asked = calls(cloud)
    assert any(call.startswith("curl ") and "/api/v2/importErrors Authorization: Bearer" in call for call in asked)
    # gcloud refuses these on Airflow 3.
    assert not [call for call in asked if "environments run" in call]
    assert ("Roll back" in done.stderr) is bool(code)
    assert ("x.py\nImportError: y" in done.stdout) is ("ImportError" in answer)


def test_image_of_another_line_stops_the_deployment(cloud: dict[str, str]) -> None:
    Path(cloud["IMAGE"]).write_text("apache-airflow 3.3.1+composer\n")
    done = run("all", **cloud)
    assert done.returncode == 1
    assert "REQUIREMENTS=requirements-airflow3.txt" in done.stderr
    assert [call.split()[2] for call in calls(cloud)] == ["list-packages"]


def test_packages_of_an_image_may_come_from_a_file(cloud: dict[str, str]) -> None:
    done = run("packages", COMPOSER_PACKAGES=cloud["IMAGE"], **{**cloud, "IMAGE": "/nowhere"})
    assert done.returncode == 0, done.stderr
    assert [call.split()[2] for call in calls(cloud)] == ["update"]
    assert "Preinstalled packages changelog" in run("packages", **{**cloud, "IMAGE": "/nowhere"}).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("smoke",), "Set COMPOSER_ENVIRONMENT"), (("deploy",), "Unknown command: deploy"), ((), "Usage:")],
)
def test_wrong_calls_say_what_is_missing(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_scripts_are_clean() -> None:
    scripts = [*map(str, SCRIPT.parent.glob("*.sh")), str(ROOT / ".ci" / "run")]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("shellcheck")), *scripts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
