"""The three steps of a sync: plan, send, report. Operators call them; so can a script or a test."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from martech.activation.batching import batches
from martech.activation.changes import (
    ActivationError,
    Change,
    Destination,
    Outcome,
    Processed,
    ProcessingDestination,
)
from martech.activation.delivery import Delivery
from martech.activation.ledger import Ledger
from martech.activation.ledger_report import Progress
from martech.activation.ledger_tables import planned_at
from martech.activation.retry import LONGEST_BACKOFF_SECONDS, retrying
from martech.activation.sync import NOTIFY, Sync

log = logging.getLogger(__name__)

# A request that is processed for longer has been lost by the destination, as far as we can know.
LONGEST_PROCESSING = timedelta(days=2)
# Batches of records that were in a partly failed request shrink by this factor, until the record to blame is
# alone: 10,000, 100, 1.
SUSPECTED_SHRINK = 100
# Fewer rejects are a matter of these records, whatever their share, and do not fail a run.
FEWEST_REJECTS = 10
# Actions of records that a plan leaves alone.
NOT_PLANNED = ("unchanged", "held", "suppressed")


class SafetyStopError(ActivationError):
    """A plan would remove more of what the destination holds than the declaration allows."""


def plan_sync(  # noqa: PLR0913 - all but two are keywords
    ledger: Ledger,
    sync: Sync,
    *,
    full_resync: bool = False,
    retry_dead_letters: bool = False,
    confirm_removals: bool = False,
    only_key: str | None = None,
) -> str:
    """Write down what is to be sent, and return the plan's id.

    :param full_resync: send unchanged records as well.
    :param retry_dead_letters: try records that were rejected again, unchanged.
    :param confirm_removals: let the plan remove more than ``limits.max_removed_percent``.
    :param only_key: plan this record only, as a test; None plans all.
    :raises SafetyStopError: where it would remove more; nothing is planned then.
    """
    ledger.settle()
    plan_id = ledger.plan(full_resync=full_resync, retry_dead_letters=retry_dead_letters)
    # What was there before anybody was to be told is no news.
    takes_stock = sync.mode == NOTIFY and not full_resync and ledger.is_first_run()
    if only_key and not takes_stock:
        ledger.keep_only(plan_id, only_key)
    progress = ledger.progress(plan_id)
    # What a dead run may have added is not confirmed, but can be removed.
    known = max(progress.in_destination, progress.removes)
    removes = progress.removes - ledger.expected_removes(plan_id)
    removed_percent = 100 * removes / known if known else 0
    if removed_percent > sync.limits.max_removed_percent and not confirm_removals:
        ledger.withdraw(plan_id)
        raise SafetyStopError(
            f"{sync.name} would remove {removes} of {known} records ({removed_percent:.1f}%) from "
            f"{sync.target}; limits.max_removed_percent is {sync.limits.max_removed_percent:g}. Nothing was sent. "
            f"Check {ledger.table(sync.model)} and {ledger.table(sync.consent.model)}; if this is right, trigger "
            'the DAG with {"confirm_removals": true}.'
        )
    ledger.adopt(plan_id)
    log.info(
        "Plan %s for %s: %d adds, %d changes, %d removes, %d rejects.",
        plan_id, sync.target, progress.adds, progress.changes, progress.removes, progress.rejects,
    )  # fmt: skip
    if takes_stock:
        ledger.take_stock(plan_id, but=only_key)
        ledger.settle()
        log.info("The first run of %s takes stock: nobody is told of what was there before.", sync.name)
    return plan_id


def plan_emptying(ledger: Ledger, sync: Sync) -> str:
    """Write down that all a sync holds is to be removed, and return the plan's id.

    :param sync: the declaration that leads to the target, see :meth:`~martech.activation.targets.Targets.retired`.
    """
    ledger.settle()
    plan_id = ledger.plan_emptying()
    ledger.adopt(plan_id)
    log.info("Plan %s: %d records are removed from %s.", plan_id, ledger.progress(plan_id).removes, sync.target)
    return plan_id


def send_changes(ledger: Ledger, sync: Sync, destination: Destination, plan_id: str) -> None:
    """Send what is pending of a plan: removes first, so that a shared identifier ends up added.

    Where the destination processes requests later, wait up to ``limits.processing_seconds`` for it. Can be called
    again after any failure or crash; it goes on with what has no result.

    :raises TransientError: where the destination stayed out of order.
    :raises FatalError: where no request can succeed.
    """
    destination.prepare()
    if (wait_seconds := ledger.settling_seconds(plan_id)) > 0:
        log.info("Waiting %.0f s: %s may still be applying what was sent last.", wait_seconds, sync.target)
        time.sleep(wait_seconds)
    try:
        for removes in (True, False):
            pending, changes = ledger.pending(plan_id, removes=removes)
            if pending:
                log.info("Sending %d %s to %s.", pending, "removes" if removes else "changes", sync.target)
                _send_all(ledger, sync, destination, plan_id, changes, destination.batch_size(pending, removes=removes))
        if isinstance(destination, ProcessingDestination):
            follow_requests(ledger, sync, destination, patience_seconds=sync.limits.processing_seconds)
    finally:
        ledger.settle()


def follow_requests(
    ledger: Ledger, sync: Sync, destination: ProcessingDestination, *, patience_seconds: float = 0.0
) -> None:
    """Ask what became of the requests that the destination has accepted, and record it.

    :param patience_seconds: how long to wait for those that are being processed; the rest is asked for again
        by the next run.
    :raises TransientError: where the destination stayed out of order.
    :raises FatalError: where no request can succeed.
    """
    ledger.settle()
    deadline = time.monotonic() + patience_seconds
    pause = 0.5
    requests = ledger.accepted()
    while requests:
        finished: dict[str, Processed] = {}
        try:
            for reference, accepted_at in requests.items():
                ask = retrying(sync.limits.max_attempts, stopped=threading.Event())
                result = ask(partial(destination.processed, reference))
                if result is None and datetime.now(UTC) - accepted_at > LONGEST_PROCESSING:
                    result = Processed("STILL_PROCESSING", f"Not processed within {LONGEST_PROCESSING.days} days.")
                if result:
                    finished[reference] = result
                if result and result.error_code:
                    log.warning(
                        "%s accepted request %s, but: %s %s",
                        sync.target, reference, result.error_code, result.error_message,
                    )  # fmt: skip
        finally:
            ledger.record_processed(finished)
        requests = {reference: at for reference, at in requests.items() if reference not in finished}
        if not requests or time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_BACKOFF_SECONDS)
    if requests:
        log.info("%s is still processing %d requests; the next run asks again.", sync.target, len(requests))
    ledger.settle()


class _Results:
    """Takes what deliveries return, and records it every ``limits.record_every_rows``."""

    def __init__(self, ledger: Ledger, sync: Sync, plan_id: str, stopped: threading.Event) -> None:
        self._ledger = ledger
        self._every = sync.limits.record_every_rows
        self._plan_id = plan_id
        self._stopped = stopped
        self._unrecorded: list[Outcome] = []
        self.failure: BaseException | None = None

    def take(self, futures: set[Future[list[Outcome]]]) -> None:
        """Keep outcomes; the first error stops what has not been sent."""
        for future in futures:
            if error := future.exception():
                self.failure = self.failure or error
                self._stopped.set()
            else:
                self._unrecorded.extend(future.result())
        if len(self._unrecorded) >= self._every:
            self.record()

    def record(self) -> None:
        """Append what was taken to the changelog."""
        if self._unrecorded:
            self._ledger.record(self._plan_id, self._unrecorded, datetime.now(UTC))
            self._unrecorded.clear()


def _send_all(  # noqa: PLR0913, PLR0917 - one caller, and a class would only hold these
    ledger: Ledger,
    sync: Sync,
    destination: Destination,
    plan_id: str,
    changes: Iterable[Change],
    batch_size: int,
) -> None:
    """Keep ``limits.concurrency`` batches in flight and record results as they come."""
    stopped = threading.Event()
    delivery = Delivery(destination, max_attempts=sync.limits.max_attempts, stopped=stopped)
    results = _Results(ledger, sync, plan_id, stopped)
    with ThreadPoolExecutor(sync.limits.concurrency, thread_name_prefix=sync.name) as pool:
        in_flight: set[Future[list[Outcome]]] = set()
        try:
            for batch in _shrinking_batches(changes, batch_size):
                if stopped.is_set():
                    break
                in_flight.add(pool.submit(delivery.deliver, batch))
                if len(in_flight) >= sync.limits.concurrency:
                    done, in_flight = wait(in_flight, return_when=FIRST_COMPLETED)
                    results.take(done)
        except BaseException:  # a timeout or a signal from Airflow as well
            stopped.set()
            raise
        finally:
            # Also after an error: what was sent must be recorded, or it would be sent again for nothing.
            results.take(wait(in_flight).done)
            results.record()
    if results.failure:
        raise results.failure


def _shrinking_batches(changes: Iterable[Change], batch_size: int) -> Iterator[list[Change]]:
    """Yield batches, smaller ones of records that come often suspected."""
    for suspected, group in groupby(changes, key=lambda change: change.suspected):
        yield from batches(group, max(1, batch_size // SUSPECTED_SHRINK**suspected))


def report_sync(  # noqa: PLR0913 - all but three are keywords
    ledger: Ledger,
    sync: Sync,
    plan_id: str | None,
    *,
    run_id: str,
    full_resync: bool,
    dry_run: bool,
    only_key: str | None = None,
    found: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Write the run's row into ``activation_runs`` and return it.

    :param plan_id: None where there is no plan: a dry run, or planning failed.
    :param only_key: the only record that was planned; None where all were.
    :param found: records by action before the plan; None where nothing was compared.
    """
    progress = ledger.progress(plan_id)
    row = {
        "sync_name": sync.name,
        "run_id": run_id,
        "plan_id": plan_id,
        "planned_at": planned_at(plan_id).isoformat() if plan_id and not only_key else None,
        "destination": sync.target,
        "status": _status(progress, plan_id, dry_run, sync.limits.max_rejected_percent),
        "is_full_resync": full_resync,
        **asdict(progress),
        **{action: None if found is None else found.get(action, 0) for action in NOT_PLANNED},
        "finished_at": datetime.now(UTC).isoformat(),
    }
    ledger.record_run(row)
    return row


def _rejected_percent(progress: Progress) -> float:
    """Return the share of rejected records: of this run, or of all that were ever to be there, if that is larger."""
    of_run = (progress.rejected, progress.sent + progress.rejected)
    of_all = (progress.dead_letters, progress.in_destination + progress.dead_letters)
    return max((100 * part / whole for part, whole in (of_run, of_all) if part >= FEWEST_REJECTS), default=0.0)


def _status(progress: Progress, plan_id: str | None, dry_run: bool, max_rejected_percent: float) -> str:
    """Return the first word that applies (docs/reverse_etl.md says what each means)."""
    applies = {
        "dry_run": dry_run,
        "failed": plan_id is None,
        "incomplete": progress.pending,
        "removals_open": progress.open_removals,
        "too_many_rejects": _rejected_percent(progress) > max_rejected_percent,
        "unconfirmed": progress.unconfirmed,
        "succeeded_with_rejects": progress.dead_letters,
        "succeeded": True,
    }
    return next(status for status, holds in applies.items() if holds)
