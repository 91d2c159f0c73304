"""Every command of the documentation is one that its program takes, as it is written."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.documented import ROOT, Command, commands

# Runs a module until its arguments are understood: what it would do then takes minutes or a warehouse.
UNTIL_PARSED = """
import argparse, runpy, sys
parse = argparse.ArgumentParser.parse_args
def parsed(self, *arguments, **keywords):
    parse(self, *arguments, **keywords)
    print("understood")
    raise SystemExit(0)
argparse.ArgumentParser.parse_args = parsed
name, sys.argv = sys.argv[2], sys.argv[2:]
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""
TOOLS = commands(r"(\.venv\S*/bin/)?python\S* -m tools\.")
TERRAFORM = commands(r"terraform ")
GCLOUD = commands(r"gcloud ")
# Subcommands of Terraform with the flags that we use; the value says whether a flag takes one.
TERRAFORM_COMMANDS: dict[str, dict[str, bool]] = {
    "init": {"-backend-config": True},
    "plan": {},
    "apply": {},
    "output": {},
    "validate": {},
    "destroy": {},
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose Python understands arguments and does nothing."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in ROOT.iterdir():
        if not path.name.startswith((".venv", ".git")):
            (folder / path.name).symlink_to(path)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/bash\nexec {sys.executable} -W ignore -c {shlex.quote(UNTIL_PARSED)} "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.mark.parametrize("command", TOOLS, ids=str)
def test_commands_of_our_tools_run_as_they_are_written(checkout: Path, command: Command) -> None:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    line = re.sub(r"\[(.*?)\]", r"\1", command.line)  # what is optional
    done = subprocess.run(
        ["/bin/bash", "-c", line], cwd=checkout, env=clean, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.endswith("understood\n"), f"{command}\n{done.stderr[-2000:]}"


def test_a_command_that_does_not_work_is_found(checkout: Path) -> None:
    for line in ("python -m tools.local ui", ".venv/bin/python -m tools.local fly"):
        done = subprocess.run(
            ["/bin/bash", "-c", line], cwd=checkout, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False
        )
        assert b"understood" not in done.stdout


def terraform_problem(line: str) -> str | None:
    """Return why Terraform would not take a command; None if it would.

    :param line: the command.
    """
    _, subcommand, *arguments = shlex.split(line)
    flags = TERRAFORM_COMMANDS.get(subcommand)
    if flags is None:
        return f"no subcommand {subcommand}"
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if argument.startswith("-") and flags.get(name) is not bool(equals):
            return f"{subcommand} has no flag {argument}"
        if not argument.startswith("-") and subcommand != "output":
            return f"{subcommand} takes no {argument}"
    return None


@pytest.mark.parametrize("command", TERRAFORM, ids=str)
def test_commands_of_terraform(command: Command) -> None:
    assert terraform_problem(command.line) is None


@pytest.mark.parametrize(
    "line", ["terraform aply", "terraform init -backend-config", "terraform plan --out", "terraform apply now"]
)
def test_a_wrong_command_of_terraform_is_found(line: str) -> None:
    assert terraform_problem(line)


def test_named_outputs_of_terraform_exist() -> None:
    outputs = set(re.findall(r'^output "(\w+)"', (ROOT / "deploy/terraform/outputs.tf").read_text(), re.MULTILINE))
    named = {part for command in TERRAFORM for part in command.line.split()[2:] if command.line.split()[1] == "output"}
    assert named
    assert named <= outputs


# Groups and commands of gcloud that we use, with their flags and the number of positional arguments; they were
# compared with gcloud's own parser, which does it again below where gcloud is installed.
GCLOUD_COMMANDS: dict[str, tuple[int, set[str]]] = {
    "auth login": (0, set()),
    "auth application-default login": (0, {"--impersonate-service-account"}),
    "config set": (2, set()),
    "services enable": (9, set()),
    "storage buckets create": (1, {"--uniform-bucket-level-access", "--public-access-prevention"}),
    "storage buckets update": (1, {"--versioning"}),
    "secrets versions add": (1, {"--data-file"}),
    "composer environments run": (3, {"--location"}),
    "composer environments list-packages": (1, {"--location"}),
    "composer environments list-upgrades": (1, {"--location"}),
    "composer environments check-upgrade": (1, {"--location", "--image-version"}),
}


# They need arguments: a page that gives none only names them.
ONLY_NAMED = {name for name in GCLOUD_COMMANDS if name.startswith("composer ")}


def gcloud_problem(line: str) -> str | None:
    """Return why gcloud would not take a command; None if it would.

    :param line: the command.
    """
    words = shlex.split(line.partition(" -- ")[0])[1:]
    name = next((known for known in GCLOUD_COMMANDS if words[: len(known.split())] == known.split()), None)
    if name is None:
        return f"no command {' '.join(words)}"
    most, flags = GCLOUD_COMMANDS[name]
    rest = words[len(name.split()) :]
    wrong = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in flags]
    if wrong:
        return f"{name} has no flag {', '.join(wrong)}"
    return f"{name} takes {most} arguments" if sum(not word.startswith("-") for word in rest) > most else None


@pytest.mark.parametrize("command", GCLOUD, ids=str)
def test_commands_of_gcloud(command: Command) -> None:
    assert gcloud_problem(command.line) is None


@pytest.mark.parametrize(
    "line", ["gcloud auth log-in", "gcloud storage buckets create gs://a --versioning", "gcloud config set project a b"]
)
def test_a_wrong_command_of_gcloud_is_found(line: str) -> None:
    assert gcloud_problem(line)


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed; the table above stands for it")
def test_gcloud_takes_its_commands(tmp_path: Path) -> None:
    # Its parser does not understand what stands behind the two dashes: Airflow's command, which is tested below.
    typed = [command.line for command in GCLOUD if command.line.removeprefix("gcloud ") not in ONLY_NAMED]
    lines = [{"command_string": line.partition(" -- ")[0]} for line in typed]
    (tmp_path / "commands.json").write_text(json.dumps(lines))
    done = subprocess.run(
        [str(shutil.which("gcloud")), "meta", "lint-gcloud-commands", f"--commands-file={tmp_path / 'commands.json'}"],
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    answers = json.loads(done.stdout)
    assert len(answers) == len(lines)
    assert [answer["command_string"] for answer in answers if not answer["success"]] == []
