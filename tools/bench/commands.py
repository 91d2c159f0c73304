"""What every measurement needs: a warehouse of its own, and commands that are timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from include.pipeline.layer_ddl import layer_scripts
from include.pipeline.settings import DBT_DIR, settings
from tools.local.report import warehouse_client
from tools.local.services import REPOSITORY, StackError, free_port, wait_for_http, warehouse_command

LAYERS = ("ops", "secrets", "bronze", "silver", "gold")


@contextmanager
def warehouse(scan_log: Path | None = None, *, googlesql: str = "on") -> Iterator[str]:
    """Serve an empty embedded warehouse and yield its address.

    :param scan_log: file to which it writes what each statement reads; None writes nothing.
    :param googlesql: what it does with GoogleSQL's analyzer (docs/emulator.md).
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "EMULATOR_GOOGLESQL": googlesql}
    if scan_log:
        environment["EMULATOR_SCAN_LOG"] = str(scan_log)
    command = warehouse_command(port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as server:

        def check() -> None:
            if server.poll() is not None:
                raise StackError("the embedded warehouse has stopped: start it by hand to see why")

        try:
            wait_for_http(f"{url}/bigquery/v2/projects", check)
            os.environ |= {"BIGQUERY_EMULATOR_HOST": url, "DBT_TARGET": "local"}
            yield url
        finally:
            server.terminate()


def create_tables(url: str) -> int:
    """Create every layer's datasets and tables in an empty warehouse; return how many objects that were."""
    client = warehouse_client(url)
    for layer in settings.layers.values():
        client.query(f"create schema if not exists `{settings.project_id}.{layer.dataset}`").result()
    scripts = [script for layer in LAYERS for script in layer_scripts(layer)]
    for script in scripts:
        client.query(script.sql).result()
    return len(scripts)


def timed(*command: str | Path) -> tuple[float, str]:
    """Run a command; return its seconds and what it printed.

    :raises StackError: if it fails, with what it printed.
    """
    print(f"── {' '.join(Path(str(part)).name for part in command[:6])} …", flush=True)
    began = time.monotonic()
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    if result.returncode:
        raise StackError(f"{command[0]} failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    return time.monotonic() - began, result.stdout


def python(module: str, *arguments: object) -> tuple[float, str]:
    """Run a module of this project, timed."""
    return timed(sys.executable, "-m", module, *(str(argument) for argument in arguments))


def dbt(
    command: str, work: Path, start: date, end: date, *arguments: str | Path, **variables: object
) -> tuple[float, str]:
    """Run dbt for some days, timed.

    :param command: ``build`` or ``run``.
    :param work: directory of its target and logs.
    :param start: first data day, included.
    :param end: last data day, included.
    :param arguments: further arguments of dbt.
    :param variables: further dbt vars.
    """
    os.environ |= {"MARKETING_START_DATE": start.isoformat(), "MARKETING_END_DATE": end.isoformat()}
    return timed(
        Path(sys.executable).parent / "dbt", command, "--project-dir", DBT_DIR, "--profiles-dir", DBT_DIR,
        "--target-path", work / "target", "--log-path", work / "logs", "--vars", json.dumps(variables), *arguments,
    )  # fmt: skip
