"""DAGs about one person are for the privacy team's role, where one is named. Runs on both Airflow lines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ABOUT_ONE_PERSON = {"erase_person", "export_person", "record_objection", "check_rectification", "decide_identity"}
PROGRAM = """
import json
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models import DagBag
found = {}
for name in %r:
    bag = DagBag(f"dags/{name}.py")
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags[name]
    found[name] = {
        role: {kind: sorted(actions) for kind, actions in rights.items()}
        for role, rights in (dag.access_control or {}).items()
    }
print("found", json.dumps(found))
"""


def access(names: set[str], **environ: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return who may do what with DAGs, as Airflow reads them with these settings."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % sorted(names)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **environ,
        },
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    assert lines, done.stderr
    return json.loads(lines[0].removeprefix("found "))


def test_a_role_of_its_own_sees_and_triggers_them() -> None:
    found = access(ABOUT_ONE_PERSON | {"enforce_retention"}, MARKETING_PRIVACY_ROLE="Privacy")
    wanted = {"Privacy": {"DAGs": ["can_delete", "can_edit", "can_read"], "DAG Runs": ["can_create"]}}
    assert found == {**dict.fromkeys(ABOUT_ONE_PERSON, wanted), "enforce_retention": {}}


def test_every_dag_that_is_told_of_one_person_is_among_them() -> None:
    told = {
        path.stem for path in (ROOT / "dags").glob("*.py") if re.search("PERSON_PARAMS|identity_key", path.read_text())
    }
    assert told == ABOUT_ONE_PERSON
