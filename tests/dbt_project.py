"""dbt in this process: it is imported once, and the project is parsed once, not once per command.

A manifest belongs to the project that it was parsed for, and dbt writes into it what it compiles. So a command gets a
copy of the one that was parsed, moved to its own Google Cloud project. That is right as long as nothing that is
parsed depends on the window, which reaches dbt by the environment (``include/dbt/macros/window/window_day.sql``).
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from include.pipeline.settings import DBT_DIR, MANIFEST, settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PARTIAL_PARSE = "partial_parse.msgpack"
# What decides how the project is parsed; without them dbt parses as `make manifest` does, and can build on that.
OVERRIDES = ("DBT_TARGET", "MARKETING_PROJECT_ID", "MARKETING_LOCATION", "BIGQUERY_EMULATOR_HOST")
# dbt keeps its flags, adapters and loggers in the module: one command at a time.
_one_at_a_time = Lock()


@contextlib.contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    former = {name: os.environ.get(name) for name in changes}

    def put(values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    put(changes)
    try:
        yield
    finally:
        put(former)


def run_dbt(
    *arguments: str, work: Path, environment: Mapping[str, str | None], manifest: Manifest | None = None
) -> tuple[Any, str]:
    """Run a dbt command and return its result and what it printed.

    :param arguments: such as ``"build", "--select", "staging"``.
    :param work: directory for dbt's target and logs.
    :param environment: variables to set, or to unset where None, while it runs.
    :param manifest: what to run; parsed here without it.
    :raises AssertionError: with dbt's output where it fails.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds, which only tests of dbt have to pay

    folders = {
        "--project-dir": DBT_DIR,
        "--profiles-dir": DBT_DIR,
        "--target-path": work / "target",
        "--log-path": work / "logs",
    }
    # A log of every event takes a tenth of dbt's time, and nobody reads it.
    command = [*arguments, "--log-level-file", "none", *(str(part) for pair in folders.items() for part in pair)]
    said = io.StringIO()
    with _one_at_a_time, _environment(environment), contextlib.redirect_stdout(said):
        done = dbtRunner(manifest).invoke(command)
    assert done.success, f"dbt {' '.join(command)}\n{said.getvalue()}\n{done.exception or ''}"
    return done.result, said.getvalue()


@cache
def parsed_project() -> tuple[Manifest, Path]:
    """Parse the project as it is now, for production, and return its manifest and the ``manifest.json`` of it.

    Starts from what ``make manifest`` parsed, if it did: dbt parses again what has changed since.
    """
    work = Path(tempfile.mkdtemp(prefix="dbt-parsed-"))
    (work / "target").mkdir()
    if (kept := MANIFEST.with_name(PARTIAL_PARSE)).exists():
        shutil.copy(kept, work / "target")
    manifest, _ = run_dbt("parse", work=work, environment=dict.fromkeys(OVERRIDES))
    # The project stays: the search for garbage need not walk through it in each command.
    gc.collect()
    gc.freeze()
    return manifest, work / "target" / MANIFEST.name


def manifest_of(project: str) -> Manifest:
    """Return a copy of the parsed project whose tables are those of another Google Cloud project.

    :param project: its id.
    """
    manifest = parsed_project()[0].deepcopy()
    nodes: Iterable[Any] = (*manifest.nodes.values(), *manifest.sources.values())
    for node in nodes:
        if node.database == settings.project_id:
            node.database = project
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f"`{settings.project_id}`.", f"`{project}`.", 1)
    return manifest
