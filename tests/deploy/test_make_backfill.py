"""`make backfill` runs the command of the Airflow line, as docs/backfill.md tells people to type it."""

from __future__ import annotations

import os
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.deploy.documented import commands
from tools.local.__main__ import main
from tools.local.stack import LocalStack

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"DAG": "build_silver", "FROM": "2026-11-20", "TO": "2026-11-22"}


def make(**variables: str) -> subprocess.CompletedProcess[str]:
    given = [f"{name}={value}" for name, value in variables.items()]
    # `make test` runs this inside of another make, whose settings it must not take.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["/usr/bin/make", "-n", "backfill", *given]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(("line", "environment"), [("2", ".venv"), ("3", ".venv-airflow3")])
def test_it_hands_dag_and_days_to_the_local_stack(line: str, environment: str) -> None:
    done = make(**GIVEN, AIRFLOW_LINE=line)
    command = f"{environment}/bin/python -m tools.local backfill build_silver 2026-11-20 2026-11-22"
    assert done.stdout.splitlines()[-1] == command


@pytest.mark.parametrize("missing", GIVEN)
def test_what_is_missing_is_said_before_anything_starts(missing: str) -> None:
    done = make(**{name: value for name, value in GIVEN.items() if name != missing})
    assert done.returncode == 2
    assert "make backfill needs DAG, FROM and TO: make backfill DAG=build_silver FROM=" in done.stderr
    assert done.stdout == ""


class Recorded(LocalStack):
    """A stack that only says what Airflow would be told."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.said: list[str] = []

    def airflow(self, *arguments: object) -> str:  # type: ignore[override]
        self.said.append(shlex.join(["airflow", *map(str, arguments)]))
        return ""

    def query_metadata(self, *_: object) -> list[dict[str, object]]:
        return []


@pytest.mark.parametrize(("line", "start"), [(2, "airflow dags backfill"), (3, "airflow backfill create")])
def test_the_page_has_the_command_that_is_run(line: int, start: str) -> None:
    stack = Recorded(line)
    stack.backfill("build_silver", date(2026, 11, 20), date(2026, 11, 22))
    typed = [command.line for command in commands(start) if command.page == "docs/backfill.md"]
    assert [line.replace(" --yes", " -y") for line in stack.said] == typed


def test_days_the_wrong_way_round_are_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr("sys.argv", ["tools.local", "backfill", "build_silver", "2026-11-22", "2026-11-20"])
    assert main() == 1
    assert "2026-11-22 is after 2026-11-20: swap FROM and TO." in capsys.readouterr().err
