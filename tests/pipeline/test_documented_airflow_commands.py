"""Airflow's own parser takes every command of the documentation. Runs on both Airflow lines."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import version

import pytest
from airflow.cli.cli_parser import get_parser

from tests.deploy.documented import Command, commands

LINE = int(version("apache-airflow").split(".")[0])
# Commands that one line has only; roles are the FAB auth manager's on Airflow 3, which is not installed here.
LINE_OF = {"airflow dags backfill": 2, "airflow backfill create": 3, "airflow roles create": 2}
# A command without an argument is only mentioned.
TYPED = [
    command
    for command in commands("airflow ")
    if len(command.line.split()) > 3 and LINE_OF.get(" ".join(command.line.split()[:3]), LINE) == LINE
]


def understood(line: str) -> bool:
    """Return whether Airflow takes a command, and what it says of a run is JSON."""
    try:
        arguments = get_parser().parse_args(shlex.split(line)[1:])
    except SystemExit:
        return False
    conf = getattr(arguments, "conf", None)
    return conf is None or isinstance(json.loads(conf), dict)


@pytest.mark.parametrize("command", TYPED, ids=str)
def test_airflow_takes_the_command(command: Command) -> None:
    assert understood(command.line.replace("…", "2026-11-23"))


@pytest.mark.parametrize(
    "line", ["airflow dags fly build_gold", "airflow dags trigger build_gold --days 3", "airflow backfill create --now"]
)
def test_a_wrong_command_is_found(line: str) -> None:
    assert not understood(line)
