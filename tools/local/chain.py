"""Start the chain of DAGs and follow it until every layer is built."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tools.local.services import StackError
from tools.local.stack import LocalStack

HEAD_DAG = "create_warehouse"
FINISHED = ("success", "failed")
# What a run has published starts others at a later turn of the scheduler.
SETTLED_SECONDS = 6
# Of a failed task's log, enough for the error that ended it.
LOG_TAIL_CHARACTERS = 3000

# `logical_date` on Airflow 3, `execution_date` on 2: neither is needed here, ids and states are enough.
RUNS_SQL = """
    select r.dag_id, r.run_id, r.state, extract(epoch from r.end_date - r.start_date)::float as seconds
    from dag_run r
    where r.id > %s
    order by r.id
"""
TASKS_SQL = """
    select t.dag_id, t.run_id, t.task_id, t.state, t.duration::float as seconds
    from task_instance t
    join dag_run r using (dag_id, run_id)
    where r.id > %s and t.state in ('success', 'failed', 'upstream_failed', 'skipped')
    order by t.end_date nulls first
"""


@dataclass(frozen=True)
class Run:
    """A DAG run: its DAG, state and duration in seconds (None while it runs)."""

    dag_id: str
    run_id: str
    state: str
    seconds: float | None


class Chain:
    """The chain's runs since this object was made.

    :param stack: a started stack with Airflow running.
    :param say: prints a line of progress.
    :param since: only runs that came after the one of this id; None: after the newest there is.
    """

    def __init__(self, stack: LocalStack, say: Callable[[str], None] = print, since: int | None = None) -> None:
        self._stack = stack
        self._say = say
        self._said: set[tuple[object, ...]] = set()
        newest = stack.query_metadata("select coalesce(max(id), 0) as id from dag_run")[0]["id"]
        self._last_run_id = newest if since is None else since

    def wait_for_dags(self, timeout: float = 180) -> set[str]:
        """Return the ids of the chain's DAGs, once the scheduler has parsed them all.

        :raises StackError: on an import error, or where parsing takes longer than ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self._stack.check_services()
            errors = self._stack.query_metadata("select filename, stacktrace from import_error")
            if errors:
                raise StackError("\n".join(f"{e['filename']} cannot be imported:\n{e['stacktrace']}" for e in errors))
            rows = self._stack.query_metadata("select dag_id from dag_tag where name like 'layer: %%'")
            dags = {str(row["dag_id"]) for row in rows}
            if HEAD_DAG in dags and "build_gold" in dags and any(d.startswith("ingest_") for d in dags):
                return dags
            time.sleep(1)
        raise StackError(f"Airflow has not parsed the DAGs within {timeout:.0f} s; see {self._stack.log_dir}")

    def trigger(self, start: date, end: date, dag_id: str = HEAD_DAG) -> None:
        """Start a DAG for the data days ``start`` to ``end``, both included."""
        window = json.dumps({"start_date": start.isoformat(), "end_date": end.isoformat()})
        self._stack.airflow("dags", "trigger", dag_id, "--conf", window)

    def runs(self) -> list[Run]:
        """Return the runs started since this object was made."""
        return [Run(**row) for row in self._stack.query_metadata(RUNS_SQL, [self._last_run_id])]  # type: ignore[arg-type]

    def report_progress(self) -> None:
        """Say which tasks have finished since the last call."""
        for row in self._stack.query_metadata(TASKS_SQL, [self._last_run_id]):
            key = tuple(row[name] for name in ("dag_id", "run_id", "task_id", "state"))
            if key not in self._said:
                self._said.add(key)
                mark = {"success": "✓", "skipped": "–"}.get(str(row["state"]), "✗")
                took = f"{row['seconds']:6.1f} s" if row["seconds"] is not None else ""
                self._say(f"   {mark} {row['dag_id']}.{row['task_id']:<60} {took}")
                if row["state"] == "failed":
                    folder = self._stack.airflow_home / "logs" / f"dag_id={row['dag_id']}" / f"run_id={row['run_id']}"
                    self._say_why(folder / f"task_id={row['task_id']}")

    def _say_why(self, folder: Path) -> None:
        attempts = sorted(folder.glob("attempt=*.log"), key=lambda file: file.stat().st_mtime)
        self._say(f"     its log: {folder}")
        if attempts:
            self._say(attempts[-1].read_text(errors="replace")[-LOG_TAIL_CHARACTERS:])

    def wait(self, expected: set[str], *, until_idle: bool = True, timeout: float = 3600) -> list[Run]:
        """Wait until every expected DAG has a finished run.

        :param expected: DAG ids that must have run.
        :param until_idle: wait for all other runs too.
        :param timeout: seconds.
        :return: the runs, in the order in which they started.
        :raises StackError: where a service dies or time runs out. Failed runs are returned, not raised.
        """
        deadline = time.monotonic() + timeout
        idle_since: float | None = None
        while (now := time.monotonic()) < deadline:
            self._stack.check_services()
            self.report_progress()
            runs = self.runs()
            finished = [run for run in runs if run.state in FINISHED]
            # What a failed run would have triggered never comes.
            complete = expected <= {run.dag_id for run in finished} or any(r.state == "failed" for r in finished)
            is_idle = complete and (not until_idle or len(finished) == len(runs))
            idle_since = (idle_since or now) if is_idle else None
            if idle_since is not None and (not until_idle or now - idle_since >= SETTLED_SECONDS):
                self.report_progress()
                return runs
            time.sleep(1)
        raise StackError(f"the chain has not finished within {timeout:.0f} s; see {self._stack.log_dir}")
