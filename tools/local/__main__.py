"""``python -m tools.local``: run the whole chain on this machine, or look at what it built."""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tools.local.chain import Chain, Run
from tools.local.report import print_report, runs_table, warehouse_client
from tools.local.services import REPOSITORY, StackError
from tools.local.stack import LocalStack

HOME = REPOSITORY / ".local"


def _step(text: str) -> None:
    print(f"── {text}", flush=True)


def _sync_sample(stack: LocalStack, customers: int, start: date, end: date, seed: int) -> None:
    sample = stack.home / "sample" / f"{customers}x{start}..{end}s{seed}"
    module = [sys.executable, "-m", "tools.sample_sources"]
    if not (sample / "truth").exists():
        days = ["--start", start.isoformat(), "--end", end.isoformat()]
        stack.run(*module, "generate", "--customers", str(customers), *days, "--seed", str(seed), "--out", sample)
    print(stack.run(*module, "sync", "--from", sample), end="")


def _fingerprint(*choices: object) -> str:
    """Return a hash of what a run depends on: what it was asked for, and the project's own files."""
    digest = hashlib.sha256(repr(choices).encode())
    for folder in ("dags", "include", "plugins"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and not {"target", "logs", "__pycache__"} & set(path.parts):
                digest.update(str(path.relative_to(REPOSITORY)).encode() + path.read_bytes())
    return digest.hexdigest()


def _report(stack: LocalStack, runs: list[Run]) -> None:
    print_report(warehouse_client(stack.warehouse_url), runs)
    print("\nWhat the destinations received")
    print(stack.run(sys.executable, "-m", "tools.destinations", "summary", "--connections", stack.destinations_file))
    print("Open Airflow's web UI on it with `make ui`.")


def run(arguments: argparse.Namespace) -> int:
    """Build every layer from sample sources; return the exit code."""
    end = arguments.end or datetime.now(UTC).date() - timedelta(days=1)
    start = end - timedelta(days=arguments.days - 1)
    began = time.monotonic()
    built = arguments.home / "built"
    fingerprint = _fingerprint(arguments.customers, start, end, arguments.seed)
    if not arguments.force and built.exists() and built.read_text() == fingerprint:
        _step("nothing has changed since the last run, so this is what it built (--force builds it again)")
        with LocalStack(arguments.home) as stack:
            _report(stack, Chain(stack, since=0).runs())
        return 0
    built.unlink(missing_ok=True)
    _step(f"starting the warehouse, Airflow and its metadata in {arguments.home}")
    with LocalStack(arguments.home) as stack:
        stack.start_airflow()
        chain = Chain(stack)
        _step(f"syncing sample sources: {arguments.customers:,} customers, {arguments.days} days, as connectors would")
        _sync_sample(stack, arguments.customers, start, end, arguments.seed)
        _step("waiting for Airflow to read the DAGs")
        dags = chain.wait_for_dags()
        _step(f"triggering the chain for {start} … {end}: landing → checks → silver → gold → destinations")
        chain.trigger(start, end)
        runs = chain.wait(dags)
        _report(stack, runs)
    failed = [run.dag_id for run in runs if run.state != "success"]
    outcome = f"FAILED: {', '.join(failed)}" if failed else "Everything is built"
    print(f"{outcome}, in {time.monotonic() - began:.0f} s.")
    if not failed:
        built.write_text(fingerprint)
    return 1 if failed else 0


def backfill(arguments: argparse.Namespace) -> int:
    """Rebuild days of a DAG on what ``run`` built, and follow what that starts; return the exit code."""
    if arguments.first > arguments.last:
        raise StackError(f"{arguments.first} is after {arguments.last}: swap FROM and TO.")
    with LocalStack(arguments.home) as stack:
        stack.start_airflow()
        chain = Chain(stack)
        _step("waiting for Airflow to read the DAGs")
        dags = chain.wait_for_dags()
        if arguments.dag not in dags:
            raise StackError(f"{arguments.dag} is no DAG of the chain: use one of {', '.join(sorted(dags))}.")
        _step(f"rebuilding {arguments.dag} for {arguments.first} … {arguments.last}")
        stack.backfill(arguments.dag, arguments.first, arguments.last)
        runs = chain.wait({arguments.dag})
        print(runs_table(runs))
    return int(any(run.state != "success" for run in runs))


def ui(arguments: argparse.Namespace) -> int:
    """Serve Airflow's web UI until Ctrl-C."""
    with LocalStack(arguments.home) as stack:
        stack.start_airflow(ui=True)
        _step(f"Airflow's web UI: {stack.ui_url} (no password; Ctrl-C stops everything)")
        _step(f"The warehouse:    export BIGQUERY_EMULATOR_HOST={stack.warehouse_url}")
        try:
            while True:
                stack.check_services()
                time.sleep(1)
        except KeyboardInterrupt:
            return 0


def command(arguments: argparse.Namespace) -> int:
    """Run a program in the stack's environment, such as ``airflow dags backfill …`` or ``dbt build``."""
    with LocalStack(arguments.home) as stack:
        print(stack.run(stack.bin / arguments.program[0], *arguments.program[1:]))
    return 0


def main() -> int:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m tools.local", description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME, help="directory of all state (default: .local)")
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help=run.__doc__)
    runner.add_argument("--customers", type=int, default=1000, help="size of the sample (default: 1000)")
    runner.add_argument("--days", type=int, default=30, help="days of history (default: 30)")
    runner.add_argument("--end", type=date.fromisoformat, help="last data day, YYYY-MM-DD (default: yesterday)")
    runner.add_argument("--seed", type=int, default=7, help="seed of the sample (default: 7)")
    runner.add_argument("--force", action="store_true", help="build again though nothing has changed")
    runner.set_defaults(function=run)
    again = commands.add_parser("backfill", help=backfill.__doc__)
    again.add_argument("dag", help="id of the DAG")
    again.add_argument("first", type=date.fromisoformat, help="first data day, YYYY-MM-DD")
    again.add_argument("last", type=date.fromisoformat, help="last data day, YYYY-MM-DD")
    again.set_defaults(function=backfill)
    commands.add_parser("ui", help=ui.__doc__).set_defaults(function=ui)
    execute = commands.add_parser("exec", help=command.__doc__)
    execute.add_argument("program", nargs=argparse.REMAINDER, help="program and its arguments")
    execute.set_defaults(function=command)
    arguments = parser.parse_args()
    # A polite kill must stop the services too, so it becomes an exception like Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return arguments.function(arguments)
    except StackError as error:
        print(f"\n✗ {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
