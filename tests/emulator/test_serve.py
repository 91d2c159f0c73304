"""How the embedded warehouse sets up DuckDB."""

from __future__ import annotations

import os
import subprocess

from tools.local.services import EMULATOR_PYTHON, REPOSITORY

THREADS = """
import serve
serve.configure_duckdb()
print(serve.duckdb.connect().execute("select current_setting('threads')").fetchone()[0])
"""


def test_a_statement_runs_on_one_thread() -> None:
    """On more, windows over a few rows sometimes end the warehouse: duckdb/duckdb#25713."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tools" / "emulator")}
    done = subprocess.run([EMULATOR_PYTHON, "-c", THREADS], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "1"
