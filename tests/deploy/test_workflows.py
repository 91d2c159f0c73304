"""CI runs what a newcomer runs, and deploys what was tested, without a key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(name: str) -> dict[str, Any]:
    # YAML 1.1 reads `on` as true.
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())


def commands(name: str) -> str:
    return "\n".join(step.get("run", "") for job in workflow(name)["jobs"].values() for step in job["steps"])


def targets(name: str) -> set[tuple[str, str]]:
    """Return what a workflow has make do, by target and Airflow line."""
    found = set()
    for job in workflow(name)["jobs"].values():
        lines = job.get("strategy", {}).get("matrix", {}).get("airflow-line", [])
        for step in job["steps"]:
            if step.get("run", "").startswith("make "):
                given = step.get("env", {}).get("AIRFLOW_LINE", "2")
                found |= {(step["run"].split()[1], line) for line in (lines if "matrix" in given else [given])}
    return found


def test_ci_runs_every_part_of_what_a_newcomer_runs() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"
    assert targets("ci") == {
        ("check", "2"),
        ("test-warehouse", "2"),
        ("test-e2e", "2"),
        ("test-airflow3", "3"),
        ("test-e2e", "3"),
    }
    assert "make check SQL=all" in commands("ci"), "all SQL is read, not what has changed"


def test_every_share_of_the_warehouse_tests_has_a_job() -> None:
    shards = workflow("ci")["jobs"]["warehouse"]["strategy"]["matrix"]["shard"]
    assert shards == [f"{number}/{len(shards)}" for number in range(1, len(shards) + 1)]


def test_every_chapter_runs_on_both_lines_at_night() -> None:
    assert targets("nightly") == {("test-e2e", "2"), ("test-e2e", "3")}
    (job,) = workflow("nightly")["jobs"].values()
    assert job["steps"][-1]["env"]["ARGS"] == "--every-chapter"
    assert "schedule" in workflow("nightly")[True]


def test_deployment_waits_for_green_tests_of_main_and_takes_their_commit() -> None:
    deploy = workflow("deploy")
    assert deploy[True]["workflow_run"]["workflows"] == [workflow("ci")["name"]]
    (job,) = deploy["jobs"].values()
    assert "conclusion == 'success'" in job["if"]
    assert "github.ref == 'refs/heads/main'" in job["if"]
    assert "workflow_run.head_sha" in job["steps"][0]["with"]["ref"]
    assert "make manifest" in commands("deploy")
    assert "deploy/composer.sh" in commands("deploy")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_key_few_permissions_no_text_from_outside_in_a_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"credentials_json|service_account_key|secrets\.", text)
    parsed = yaml.safe_load(text)
    assert parsed["permissions"].get("contents") == "read"
    assert set(parsed["permissions"]) <= {"contents", "id-token"}
    for job in parsed["jobs"].values():
        assert job["timeout-minutes"]
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "Pass it by `env`, or it could be a command."


def test_deployment_reads_variables_that_terraform_gives() -> None:
    names = set(re.findall(r"vars\.(\w+)", (ROOT / ".github" / "workflows" / "deploy.yml").read_text()))
    outputs = (ROOT / "deploy" / "terraform" / "outputs.tf").read_text()
    for name in names - {"COMPOSER_PROJECT"}:
        assert f'output "{name.lower()}"' in outputs
