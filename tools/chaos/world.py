"""A running stack in which days are synced, run and disturbed, and what it has come to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from martech.warehouse.statements import short

from include.pipeline.settings import settings
from tools.local.chain import HEAD_DAG, Chain, Run
from tools.local.report import Print, fingerprints, warehouse_client
from tools.local.services import StackError
from tools.local.stack import LocalStack
from tools.sample_sources.connectors import CONNECTIONS, ga4
from tools.sample_sources.sync import sync

# Airflow notices a dead task and a dead scheduler by missing heartbeats; after minutes as it is installed.
IMPATIENT = {
    "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "40",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "40",
    "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
    "AIRFLOW__CORE__JOB_HEARTBEAT_SEC": "2",
    "MARKETING_LANDING_TIMEOUT_SECONDS": "30",
}
# The clock of the chain; its head is started by what happens in a trial.
WAKE_EVERY_TWO_MINUTES = {"MARKETING_WAKE_SCHEDULE": "*/2 * * * *"}
POLL_SECONDS = 0.5

RUNNING_SQL = """
    select dag_id, run_id, task_id, pid
    from task_instance
    where state = 'running' and dag_id like %s
"""
UNFINISHED_SQL = "select count(*) as n from dag_run where state not in ('success', 'failed')"


@dataclass(frozen=True)
class Outcome:
    """What a warehouse and the destinations hold.

    :param tables: fingerprint of every silver and gold table.
    :param held: records of every destination.
    :param repeats: by destination, records that it was sent again as it had them.
    """

    tables: dict[str, Print]
    held: dict[str, Any]
    repeats: dict[str, int] = field(compare=False)

    def differences(self, other: Outcome) -> list[str]:
        """Return the tables and destinations that differ."""
        pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [(self.tables, other.tables), (self.held, other.held)]
        return [
            name for one, two in pairs for name in sorted(one.keys() | two.keys()) if one.get(name) != two.get(name)
        ]


class World:
    """A stack with Airflow running.

    :param stack: the running services.
    :param sample: directory of the generated sources.
    :param days: its days; the last is yesterday.
    :ivar head: the DAG with which the chain begins.
    """

    head = HEAD_DAG

    def __init__(self, stack: LocalStack, sample: Path, days: list[date]) -> None:
        self.stack = stack
        self.sample = sample
        self.days = days
        self.runs = Chain(stack, say=lambda _: None)

    @classmethod
    @contextlib.contextmanager
    def started(cls, home: Path, sample: Path, days: list[date], *, with_clock: bool = False) -> Iterator[World]:
        """Start a world on what a home directory holds, and end it.

        :param home: directory of the warehouse, the metadata and the destinations' state.
        :param sample: directory of the generated sources.
        :param days: its days.
        :param with_clock: whether the clock wakes the DAGs.
        """
        environment = {**IMPATIENT, **(WAKE_EVERY_TWO_MINUTES if with_clock else {})}
        with LocalStack(home, environment) as stack:
            stack.start_airflow()
            world = cls(stack, sample, days)
            world.runs.wait_for_dags()
            yield world

    @staticmethod
    def datasets() -> set[str]:
        """Return the datasets of all connectors."""
        return {connection.dataset for connection in CONNECTIONS}

    def ingestion(self) -> list[str]:
        """Return the DAGs that land sources."""
        rows = self.stack.query_metadata("select dag_id from dag where dag_id like 'ingest_%%' order by dag_id")
        return [str(row["dag_id"]) for row in rows]

    def sync(self, first: date, last: date, datasets: Collection[str] | None = None) -> None:
        """Let connectors write days of the sample into their tables.

        :param first: first day.
        :param last: last day.
        :param datasets: those of the connectors; all if None.
        """
        with mock.patch.dict(os.environ, BIGQUERY_EMULATOR_HOST=self.stack.warehouse_url):
            sync(self.sample, first, last, datasets=datasets)

    def run_days(self, first: date, last: date) -> list[Run]:
        """Let the connectors sync days, order the chain to build them at once, and wait until that is done."""
        self.sync(first, last)
        self.runs.trigger(first, last)
        return self.wait_until_idle()

    def run_day(self, day: date) -> list[Run]:
        """Run the chain for a day, the newest one as the clock does, and wait until that is done."""
        if day == self.days[-1]:
            self.wake(self.head)
        else:
            self.runs.trigger(day, day)
        return self.wait_until_idle()

    def sync_and_run(self, day: date) -> list[Run]:
        """Let the connectors sync a day, and run the chain for it."""
        self.sync(day, day)
        return self.run_day(day)

    def triple_export(self, day: date) -> None:
        """Add every visitor of a day to Google Analytics' export two times more, under other names."""
        client = warehouse_client(self.stack.warehouse_url)
        table = f"{client.project}.{ga4.CONNECTION.dataset}.events_{day:%Y%m%d}"
        sql = (
            "insert into `{{ table }}` select * replace (concat(user_pseudo_id, '.', n) as user_pseudo_id) "
            "from `{{ table }}`, unnest(['2', '3']) as n"
        )
        client.query(short(sql, table=table)).result()

    def forget_orders(self) -> None:
        """Let the log of days say that the clock has started all runs: only what it started does it go on from."""
        log = settings.table("ops", "day_log")
        query = short(
            "update `{{ log }}` set is_ordered = false where is_ordered and event_at >= timestamp '2000-01-01'", log=log
        )
        warehouse_client(self.stack.warehouse_url).query(query).result()

    def wake(self, *dag_ids: str) -> None:
        """Start DAGs as the clock does: they choose their days."""
        for dag_id in dag_ids:
            self.stack.airflow("dags", "trigger", dag_id)

    def running(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the running tasks of a DAG.

        :param dag_id: the DAG, or a pattern of SQL's ``like``.
        """
        return self.stack.query_metadata(RUNNING_SQL, [dag_id])

    def is_idle(self) -> bool:
        """Return whether no run is unfinished."""
        return self.stack.query_metadata(UNFINISHED_SQL)[0]["n"] == 0

    def wait_until_idle(self, timeout: float = 3600) -> list[Run]:
        """Wait until no run is unfinished; return the runs of this world.

        :param timeout: seconds.
        :raises StackError: where time runs out.
        """
        deadline = time.monotonic() + timeout
        while not self.is_idle():
            if time.monotonic() > deadline:
                raise StackError(f"runs are unfinished after {timeout:.0f} s; see {self.stack.log_dir}")
            self.stack.revive()
            time.sleep(POLL_SECONDS)
        return self.runs.runs()

    def outcome(self) -> Outcome:
        """Return what the warehouse and the destinations hold."""
        tables = fingerprints(warehouse_client(self.stack.warehouse_url))
        held, repeats = {}, {}
        for connection in json.loads(self.stack.destinations_file.read_text()).values():
            with urllib.request.urlopen(f"{connection['host']}/_state", timeout=30) as answer:  # noqa: S310 - a local server
                state = json.load(answer)
            name = state["name"]
            repeats[name] = state["repeats"]
            held[name] = {kind: state[kind] for kind in ("records", "attributes", "audiences") if kind in state}
        return Outcome(tables, held, repeats)


def copy_of(home: Path, to: Path) -> Path:
    """Return a copy of a home directory whose services are stopped.

    :param home: the directory.
    :param to: where the copy is made anew.
    """
    if to.exists():
        shutil.rmtree(to)
    # The metadata's files belong to another user where this one is root.
    subprocess.run(["cp", "--archive", str(home), str(to)], check=True)  # noqa: S607 - coreutils
    return to
