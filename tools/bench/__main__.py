"""``make bench``: measure correctness and speed on this machine, print a table and write it to the README.

Everything is built anew in an embedded warehouse of its own, from the generator's hard setting with a seed on which
nothing was tuned. Nothing here is a test: figures are recorded, not asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from include.warehouse.ddl import layer_scripts
from include.warehouse.settings import DBT_DIR, settings
from tools.local.report import warehouse_client
from tools.local.services import REPOSITORY, StackError, free_port, wait_for_http, warehouse_command

README = REPOSITORY / "README.md"
BEGIN, END = "<!-- results: written by `make bench` -->\n", "<!-- end of results -->"
HEADER = """`make bench` measured last: {when}, {machine}, embedded warehouse; {customers:,} customers, {days} days,
seed {seed}, difficulty *hard*. Seconds are wall time.

| claim | measured |
|---|---|
"""


@contextmanager
def warehouse() -> Iterator[str]:
    """Serve an empty embedded warehouse and yield its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(warehouse_command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:

        def check() -> None:
            if server.poll() is not None:
                raise StackError("the embedded warehouse has stopped: start it by hand to see why")

        wait_for_http(f"{url}/bigquery/v2/projects", check)
        os.environ |= {"BIGQUERY_EMULATOR_HOST": url, "DBT_TARGET": "local"}
        yield url
        server.terminate()


def timed(*command: str | Path) -> tuple[float, str]:
    """Run a command; return its seconds and what it printed."""
    print(f"── {' '.join(map(str, command[:6]))} …", flush=True)
    began = time.monotonic()
    result = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    if result.returncode:
        raise StackError(f"{command[0]} failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}")
    return time.monotonic() - began, result.stdout


def dbt_build(work: Path, start: date, end: date) -> tuple[float, str]:
    """Build and test every model for some days, unit tests aside."""
    window = json.dumps({"start_date": start.isoformat(), "end_date": end.isoformat()})
    dbt = [Path(sys.executable).parent / "dbt", "build", "--project-dir", DBT_DIR, "--profiles-dir", DBT_DIR]
    return timed(
        *dbt, "--target-path", work / "target", "--log-path", work / "logs", "--vars", window,
        "--exclude-resource-type", "unit_test",
    )  # fmt: skip


def measure(arguments: argparse.Namespace, work: Path) -> list[tuple[str, str]]:
    """Return (claim, measured) rows."""
    end = arguments.end
    start = end - timedelta(days=arguments.days - 1)
    sample, python = work / "sample", sys.executable
    rows = []
    with warehouse() as url:
        days = ["--start", str(start), "--end", str(end)]
        seconds, _ = timed(
            python, "-m", "tools.sample_sources", "generate", "--customers", str(arguments.customers), *days,
            "--seed", str(arguments.seed), "--difficulty", "hard", "--out", sample,
        )  # fmt: skip
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        raw = sum(json.loads((sample / "manifest.json").read_text())["rows"].values())
        rows.append(("generator", f"{raw:,} rows in {seconds:.1f} s ({raw / seconds:,.0f} rows/s), peak {peak:.0f} MB"))
        client = warehouse_client(url)
        for layer in settings.layers.values():
            client.query_and_wait(f"create schema if not exists `{settings.project_id}.{layer.dataset}`")
        began = time.monotonic()
        scripts = [script for layer in ("ops", "bronze", "silver", "gold") for script in layer_scripts(layer)]
        for script in scripts:
            client.query_and_wait(script.sql)
        rows.append(("DDL of all layers", f"{len(scripts)} objects in {time.monotonic() - began:.1f} s"))
        seconds, _ = timed(python, "-m", "tools.sample_sources", "load", "--from", sample)
        rows.append(("landing by load jobs", f"{seconds:.1f} s ({raw / seconds:,.0f} rows/s)"))
        seconds, printed = dbt_build(work, start, end)
        done = next(line for line in reversed(printed.splitlines()) if "Done. PASS=" in line)
        rows.append((f"`dbt build`, {arguments.days} days at once", f"{seconds:.0f} s; {done[done.index('PASS=') :]}"))
        seconds, _ = dbt_build(work, end, end)
        rows.append(("`dbt build`, one day more", f"{seconds:.0f} s"))
        rows += identity(python, sample, work / "identity.json")
        rows += scoring(python, sample, work / "scoring.json")
    return rows


def identity(python: str, sample: Path, result: Path) -> list[tuple[str, str]]:
    """Score identity resolution on the generator's truth."""
    evaluate = ["-m", "tools.evaluate.identity", "warehouse", "--truth", sample / "truth", "--json", result]
    _, printed = timed(python, *evaluate)
    print(printed)
    rows = []
    for name, scores in json.loads(result.read_text())["scopes"].items():
        for measure_name in ("pairwise", "b_cubed"):
            rates = ", ".join(f"{key} {scores[measure_name][key]:.4f}" for key in ("precision", "recall", "f1"))
            rows.append((f"identity, {name}: {measure_name}", rates))
        rows.append((f"identity, {name}: match rate", f"{scores['match_rate']:.4f} of {scores['records']:,} records"))
    return rows


def scoring(python: str, sample: Path, result: Path) -> list[tuple[str, str]]:
    """Compare lead scores with what the leads went on to do."""
    _, printed = timed(python, "-m", "tools.evaluate.scoring", "--truth", sample, "--json", result)
    print(printed)
    return [
        (
            f"conversion probability, {name}",
            f"Brier {scores['brier']:.4f}; base rate alone {scores['brier_of_base_rate']:.4f}; n = {scores['count']}",
        )
        for name, scores in json.loads(result.read_text()).items()
    ]


def main() -> int:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=1000, help="size of the sample (default: 1000)")
    parser.add_argument("--days", type=int, default=30, help="days of history (default: 30)")
    parser.add_argument("--seed", type=int, default=11, help="seed of the sample (default: 11)")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 11, 23), help="last data day")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as work:
            rows = measure(arguments, Path(work))
    except StackError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    text = HEADER.format(when=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine, **vars(arguments))
    text += "".join(f"| {claim} | {measured} |\n" for claim, measured in rows)
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{text}{END}{after}")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
