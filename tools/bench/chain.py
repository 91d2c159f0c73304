"""Airflow: what parsing the DAGs costs, what it adds to dbt, and how long a day takes at several sizes."""

from __future__ import annotations

import argparse
import json
import threading
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

import psutil

from include.pipeline.dbt_steps import SILVER
from include.pipeline.settings import DBT_DIR, settings
from tools.bench.commands import python
from tools.bench.results import Chart, Results
from tools.local.chain import Chain
from tools.local.stack import LocalStack

SAMPLE_SECONDS = 0.5


class PeakMemory:
    """Samples the memory of a process and its descendants while the ``with`` block runs.

    ``processes`` is the peak of each, in MB, by name: the warehouse's server, and the largest of Airflow's.
    """

    def __init__(self, root: psutil.Process) -> None:
        self.root = root
        self.processes: dict[str, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            for process in self.root.children(recursive=True):
                try:
                    command, used = " ".join(process.cmdline()), process.memory_info().rss / 1e6
                except psutil.Error:
                    continue  # it has ended meanwhile
                name = "warehouse" if "serve.py" in command else "Airflow" if "airflow" in command else "other"
                self.processes[name] = max(self.processes.get(name, 0.0), used)


def parsing(stack: LocalStack, results: Results) -> None:
    """Let Airflow itself say how long each DAG file takes."""
    printed = stack.airflow("dags", "report", "--output", "json")
    files = json.loads(printed[printed.index("[{") :])
    seconds = {Path(file["file"]).stem: parse_seconds(file["duration"]) for file in files}
    total = sum(seconds.values())
    slowest = max(seconds, key=lambda name: seconds[name])
    line = version("apache-airflow")
    results.add(
        f"DAG parsing, Airflow {line}",
        f"{total:.2f} s for {len(files)} files, {sum(int(f['dag_num']) for f in files)} DAGs, "
        f"{sum(int(f['task_num']) for f in files)} tasks; slowest {slowest} {seconds[slowest]:.2f} s",
    )
    results.charts.append(Chart(f"DAG parsing, seconds per file (Airflow {line})", seconds))


def parse_seconds(duration: str) -> float:
    """Return the seconds of ``0:00:01.234567``."""
    hours, minutes, seconds = duration.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Run a day of each size through the whole chain in a stack of its own."""
    day, chains = arguments.end, {}
    for customers in arguments.chain_customers:
        with LocalStack(work / f"chain-{customers}") as stack:
            if not chains:
                parsing(stack, results)
            chains[customers] = one_day(stack, customers, day, arguments.seed, results)
            if len(chains) == 1:
                cosmos(stack, day, work, results)
    results.charts.append(
        Chart(
            "one day through the whole chain, seconds by bronze rows",
            {f"{rows:,} rows": seconds for rows, seconds in chains.values()},
        )
    )


def one_day(stack: LocalStack, customers: int, day: date, seed: int, results: Results) -> tuple[int, float]:
    """Sync one day and follow the chain to its end; return raw rows and seconds from the sync to the end."""
    sample = stack.home / "sample"
    python(
        "tools.sample_sources", "generate", "--customers", customers, "--start", day, "--end", day, "--seed", seed,
        "--out", sample,
    )  # fmt: skip
    rows = sum(json.loads((sample / "manifest.json").read_text())["rows"].values())
    stack.start_airflow()
    chain = Chain(stack)
    dags = chain.wait_for_dags()
    with PeakMemory(psutil.Process()) as memory:
        began = time.monotonic()
        stack.run(stack.bin / "python", "-m", "tools.sample_sources", "sync", "--from", sample)
        synced = time.monotonic() - began
        chain.trigger(day, day)
        runs = chain.wait(dags)
        seconds = time.monotonic() - began
    failed = [run.dag_id for run in runs if run.state != "success"]
    slowest = sorted(((run.seconds or 0, run.dag_id) for run in runs), reverse=True)[:2]
    results.add(
        f"a day of {rows:,} raw rows, sync to destinations",
        f"{seconds:.0f} s (sync {synced:.0f} s; "
        + ", ".join(f"{name} {took:.0f} s" for took, name in slowest)
        + f"); peak memory warehouse {memory.processes.get('warehouse', 0):,.0f} MB, "
        f"largest Airflow process {memory.processes.get('Airflow', 0):,.0f} MB"
        + (f"; FAILED: {', '.join(failed)}" if failed else ""),
    )
    return rows, seconds


def cosmos(stack: LocalStack, day: date, work: Path, results: Results) -> None:
    """Build silver once more through Airflow, then with dbt alone, and compare."""
    chain = Chain(stack, say=lambda _: None)
    chain.trigger(day, day, "build_silver")
    run = next(run for run in chain.wait({"build_silver"}) if run.dag_id == "build_silver")
    window = json.dumps({**settings.variables, "start_date": str(day), "end_date": str(day)})
    began = time.monotonic()
    stack.run(
        stack.bin / "dbt", "build", "--project-dir", DBT_DIR, "--profiles-dir", DBT_DIR,
        "--target-path", work / "plain", "--log-path", work / "plain", "--vars", window,
        "--exclude-resource-type", "unit_test",
        "--indirect-selection", "buildable", "--select", *(selector for step in SILVER for selector in step.select),
    )  # fmt: skip
    plain, took = time.monotonic() - began, run.seconds or 0.0
    results.add(
        "silver through Airflow and Cosmos against plain `dbt build`",
        f"{took:.0f} s against {plain:.0f} s (×{took / plain:.2f})",
    )
    results.charts.append(
        Chart("silver, seconds", {"plain dbt build": plain, "DAG build_silver": took}, goal=1.3 * plain)
    )
