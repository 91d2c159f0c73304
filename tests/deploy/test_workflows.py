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


def test_ci_runs_the_target_that_a_newcomer_runs() -> None:
    assert "make test" in commands("ci")
    assert "make test" in (ROOT / ".ci" / "run").read_text()


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
