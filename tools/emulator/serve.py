"""Start the embedded warehouse: bqemulator, with its DuckDB extensions installed from their wheels.

Runs in ``.venv-emulator``. Arguments after the script name go to ``bqemulator start`` as they are::

    .venv-emulator/bin/python tools/emulator/serve.py --persistent --data-dir DIR --rest-port 9050

What BigQuery refuses is refused by ``googlesql``, unless ``EMULATOR_GOOGLESQL=off`` (to measure what that costs);
with ``EMULATOR_GOOGLESQL=compile`` statements are checked and not run, with ``EMULATOR_GOOGLESQL=compare`` results
that need no table are compared with those of GoogleSQL's reference engine.
Gaps between bqemulator and BigQuery that would force the production SQL to change are closed in ``gaps.py``, and
only there; what makes it faster is in ``speed.py``.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.resources import files
from pathlib import Path

import duckdb
from bqemulator.cli import main

sys.path.insert(0, str(Path(__file__).parent))
from functions import close_function_gaps
from gaps import close_gaps
from speed import make_fast

DUCKDB_EXTENSIONS = ("spatial", "icu")


def install_duckdb_extensions() -> None:
    """Install the extensions bqemulator loads from the wheels, since it would download them otherwise."""
    for name in DUCKDB_EXTENSIONS:
        package = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
        duckdb.connect().execute(f"INSTALL '{package / f'{name}.duckdb_extension'}'")


def configure_duckdb() -> None:
    """Let every connection keep the macros of ``functions``, and run each statement on one thread.

    Files of DuckDB's default version cannot hold typed macros. On several threads its windows over a few rows sometimes
    end in an internal error, after which nothing runs any more (docs/emulator.md).
    """
    duckdb.connect = partial(duckdb.connect, config={"storage_compatibility_version": "v1.4.0", "threads": 1})


if __name__ == "__main__":
    install_duckdb_extensions()
    configure_duckdb()
    # First, since the statements into which a gap splits one are what is profiled.
    if log := os.environ.get("EMULATOR_SCAN_LOG"):
        from scans import record_scans

        record_scans(Path(log), reads="EMULATOR_SCAN_READS" in os.environ)
    make_fast()
    close_gaps()
    close_function_gaps()
    googlesql = os.environ.get("EMULATOR_GOOGLESQL", "on")
    if googlesql == "compile":
        from googlesql.compiler import compile_only

        compile_only()
    elif googlesql != "off":
        from googlesql.gate import refuse_what_bigquery_refuses
        from translations import remember_translations

        refuse_what_bigquery_refuses(compare=googlesql == "compare")
        remember_translations()
    main(["start", *sys.argv[1:]], prog_name="bqemulator")
