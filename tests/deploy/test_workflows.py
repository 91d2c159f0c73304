"""CI runs what a newcomer runs, and deploys what was tested, without a key."""

from __future__ import annotations

import re
import subprocess
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.pipeline.settings import load_settings

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
        ("mutate", "2"),
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


def test_mutants_run_on_pull_requests_for_what_is_changed_and_weekly_for_all() -> None:
    job = workflow("ci")["jobs"]["mutants"]
    assert job["if"] == "github.event_name == 'pull_request'"
    assert re.match(r"--changed HEAD\^1 --sample \d+ ", job["steps"][-1]["env"]["ARGS"])
    assert job["steps"][0]["with"]["fetch-depth"] == 2, "the merge and what it is merged into"
    assert "ARGS" not in workflow("weekly")["jobs"]["mutants"]["steps"][-1].get("env", {})


def test_deployment_waits_for_green_tests_of_main_and_takes_their_commit() -> None:
    deploy = workflow("deploy")
    assert deploy[True]["workflow_run"]["workflows"] == [workflow("ci")["name"]]
    choice, job = deploy["jobs"]["commit"], deploy["jobs"]["composer"]
    assert "conclusion == 'success'" in choice["if"]
    assert "github.ref == 'refs/heads/main'" in choice["if"]
    assert "workflow_run.head_sha" in choice["steps"][-1]["env"]["SHA"]
    assert (job["needs"], job["if"]) == ("commit", "needs.commit.outputs.sha != ''")
    assert job["steps"][0]["with"]["ref"] == "${{ needs.commit.outputs.sha }}"
    assert "make manifest" in commands("deploy")
    assert "deploy/composer.sh" in commands("deploy")


def chosen(tmp_path: Path, event: str, now: str) -> str:
    """Return the commit that is deployed at a time of day, where the newest green one is `green`."""
    (tmp_path / "gh").write_text('#!/bin/bash\n[[ "$*" == *"--status success"* ]] && echo green\n')
    (tmp_path / "gh").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "EVENT": event, "SHA": "tested", "NOW": now}
    script = [str(ROOT / "deploy" / "choose_commit.sh")]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().removeprefix("sha=")


@pytest.mark.parametrize(
    ("event", "now", "commit"),
    [
        ("workflow_run", "0029", "tested"),
        ("workflow_run", "0030", ""),
        ("workflow_run", "0759", ""),
        ("workflow_run", "0800", "tested"),
        ("workflow_run", "2359", "tested"),
        ("workflow_dispatch", "0400", "tested"),
        ("schedule", "0810", "green"),
    ],
)
def test_deployment_stays_out_of_the_nightly_run(tmp_path: Path, event: str, now: str, commit: str) -> None:
    assert chosen(tmp_path, event, now) == commit


def test_what_waited_goes_after_the_deadline_of_gold() -> None:
    (entry,) = workflow("deploy")[True]["schedule"]
    minute, hour = (int(part) for part in entry["cron"].split()[:2])
    defaults = load_settings({})
    assert time(hour, minute) > defaults.gold_deadline
    assert defaults.daily_schedule.split()[:2] == ["30", "0"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_key_few_permissions_no_text_from_outside_in_a_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"credentials_json|service_account_key|secrets\.", text)
    parsed = yaml.safe_load(text)
    assert parsed["permissions"] == {"contents": "read"}
    for job in parsed["jobs"].values():
        assert {key for key, value in job.get("permissions", {}).items() if value != "read"} <= {"id-token"}
        assert job["timeout-minutes"]
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "Pass it by `env`, or it could be a command."


def test_deployment_reads_variables_that_terraform_gives() -> None:
    names = set(re.findall(r"vars\.(\w+)", (ROOT / ".github" / "workflows" / "deploy.yml").read_text()))
    outputs = (ROOT / "deploy" / "terraform" / "outputs.tf").read_text()
    for name in names - {"COMPOSER_PROJECT"}:
        assert f'output "{name.lower()}"' in outputs
