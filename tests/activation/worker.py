"""A worker that a test can kill: plans if need be, then sends, and dies where it is told to.

It is forked from a process that has imported what it needs: a new interpreter would take seconds for each life.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

from airflow.models import import_all_models
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.activation import engine, retry
from martech.activation.destinations import DESTINATIONS
from martech.activation.hooks import braze, google_conversions, google_data_manager, salesforce, slack
from martech.activation.ledger import Ledger
from martech.activation.sync import NOTIFY, Sync

from include.activation.declared_syncs import load_syncs
from include.pipeline.settings import settings
from tests.activation.warehouse import table

# Of a wait that the engine would make: the local destinations recover at once.
WAITED = 0.1
# Longer than a local destination takes for an answer, shorter than its faults hang.
TIMEOUT_SECONDS, HANG_SECONDS = 0.25, 0.3
LONGEST_LIFE_SECONDS = 300

# The first connection that a process reads asks for them all, which takes seconds.
import_all_models()


@dataclass(frozen=True)
class Task:
    """What a worker does.

    :param sync: name of a declared sync.
    :param plan_file: the plan's id; the worker plans where there is none.
    :param die_before_record: the worker kills itself when it is to record results for this time, so that what it has
        sent stays unrecorded; 0 lets it live.
    :param bulk_above: records above which Salesforce's bulk API is used.
    :param mode: instead of the declared one.
    """

    sync: str
    plan_file: Path
    die_before_record: int = 0
    bulk_above: int = 2_000
    mode: str | None = None


def ready() -> ForkServerContext:
    """Return what makes workers, with everything imported that they need."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def live(context: ForkServerContext, task: Task) -> tuple[int, str]:
    """Let a worker live, and return its exit code (-9 where it killed itself) and its last words."""
    words = task.plan_file.with_suffix(".err")
    process = context.Process(target=_live, args=(task, dict(os.environ), words))
    process.start()
    process.join(LONGEST_LIFE_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode or 0, words.read_text()[-3000:]


def _live(task: Task, environment: dict[str, str], words: Path) -> None:
    os.environ.update(environment)
    with words.open("w") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
        _make_requests_small_and_waits_short(task)
        _work(task)


def _make_requests_small_and_waits_short(task: Task) -> None:
    """Let there be enough requests to fail."""
    salesforce.BULK_ABOVE_RECORDS = task.bulk_above
    salesforce.BULK_RECORDS = 1_000
    braze.EXPORTS = 100_000
    google_conversions.EVENTS_PER_REQUEST = 200
    google_data_manager.MEMBERS_PER_REQUEST = 200
    # The local channel takes its messages and is read as fast as it can, by the clock of this machine.
    slack.READS = 100_000
    slack.MESSAGES_PER_PAGE = 999
    slack.CLOCK_SKEW_SECONDS = 0.5
    wait = retry.WaitAsAsked.__call__
    retry.WaitAsAsked.__call__ = lambda self, state: WAITED * wait(self, state)  # type: ignore[method-assign]


def _declared(task: Task) -> Sync:
    sync = next(sync for sync in load_syncs() if sync.name == task.sync)
    limits = replace(
        sync.limits,
        timeout_seconds=TIMEOUT_SECONDS,
        record_every_rows=1_500,
        max_attempts=12,
        requests_per_second=100_000,
        concurrency=24 if sync.destination == "slack" else sync.limits.concurrency,
    )
    return replace(sync, limits=limits, mode=task.mode or sync.mode)


def _work(task: Task) -> None:
    sync = _declared(task)
    client = bigquery.Client(settings.project_id, credentials=AnonymousCredentials())
    ledger = Ledger(client, sync, table=table, run_id="scheduled__chaos")
    records = 0
    record = Ledger.record

    def record_or_die(*args, **kwargs) -> None:
        """Record, unless this is the moment to die."""
        nonlocal records
        records += 1
        if records == task.die_before_record:
            os.kill(os.getpid(), signal.SIGKILL)
        record(*args, **kwargs)

    Ledger.record = record_or_die
    if not task.plan_file.exists():
        plan_id = engine.plan_sync(ledger, sync, confirm_removals=True, full_resync=sync.mode == NOTIFY)
        task.plan_file.write_text(plan_id)
    engine.send_changes(ledger, sync, DESTINATIONS[sync.destination](sync), task.plan_file.read_text())
