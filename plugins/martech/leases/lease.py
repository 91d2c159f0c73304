"""A lease: a row in the warehouse that says who works on something, for as long as its owner says that it is alive."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException
from google.api_core.exceptions import GoogleAPIError

from martech.warehouse.client import WarehouseClient
from martech.warehouse.statements import statement

log = logging.getLogger(__name__)


class LeaseError(AirflowException):
    """A lease could not be had, or was lost; the message names who has it, and what to do."""


class LeaseLostError(KeyboardInterrupt):
    """Ends what the owner is doing: dbt cancels its queries for a KeyboardInterrupt, and for no other error."""


@dataclass(frozen=True)
class Owner:
    """A try of a task.

    :param task: DAG, run and task.
    :param try_number: the try: a later one takes over from an earlier one.
    """

    task: str
    try_number: int

    def __str__(self) -> str:
        """Return how messages call it."""
        return f"{self.task}, try {self.try_number}"


@dataclass(frozen=True)
class Times:
    """How long everything about a lease takes.

    An owner that cannot reach the warehouse ends after ``silence`` and ``stop``, which must be before it ``expires``:
    whoever takes over then is alone.

    :param heartbeat: between two signs of life.
    :param silence: so long without one the owner gives up.
    :param stop: so long it may take to end, then its process is killed.
    :param expires: so long after its last sign of life another takes over.
    :param patience: so long one waits for another owner.
    :param look: how often it looks.
    """

    heartbeat: timedelta = timedelta(seconds=15)
    silence: timedelta = timedelta(seconds=60)
    stop: timedelta = timedelta(seconds=30)
    expires: timedelta = timedelta(seconds=120)
    patience: timedelta = timedelta(minutes=30)
    look: timedelta = timedelta(seconds=10)

    @property
    def takeover(self) -> timedelta:
        """How long an owner that has been replaced may go on."""
        return self.heartbeat + self.stop


class LeaseClient(WarehouseClient):
    """Changes leases; every change is one statement."""

    def _change(self, file: str, table: str, name: str, **values: Any) -> bool:
        return bool(self.change(statement(f"leases/sql/{file}.sql", leases=table), name=name, **values))

    def acquire(self, table: str, name: str, owner: Owner, expires: timedelta) -> str | None:
        """Take a lease that is free, has expired, or is held by this or an earlier try; return its token, or None.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/leases.sql``.
        :param name: what is worked on.
        :param owner: who wants it.
        :param expires: how long it lasts without a sign of life.
        """
        token = uuid.uuid4().hex
        self._change("add_lease", table, name)
        is_taken = self._change(
            "acquire", table, name, owner=owner.task, try_number=owner.try_number, token=token,
            seconds=_seconds(expires),
        )  # fmt: skip
        return token if is_taken else None

    def heartbeat(self, table: str, name: str, token: str, expires: timedelta) -> bool:
        """Say that the holder is alive; return whether it still holds the lease.

        :param table: ``project.dataset.table`` of the leases.
        :param name: what is worked on.
        :param token: what ``acquire`` returned.
        :param expires: how long the lease lasts from now.
        """
        return self._change("heartbeat", table, name, token=token, seconds=_seconds(expires))

    def release(self, table: str, name: str, token: str) -> None:
        """Give a lease back, where it still is held.

        :param table: ``project.dataset.table`` of the leases.
        :param name: what was worked on.
        :param token: what ``acquire`` returned.
        """
        self._change("release", table, name, token=token)

    def holder(self, table: str, name: str) -> Owner | None:
        """Return who has a lease that has not expired.

        :param table: ``project.dataset.table`` of the leases.
        :param name: what is worked on.
        """
        rows = self.query(statement("leases/sql/holder.sql", leases=table), name=name)
        return next((Owner(row.owner, row.try_number) for row in rows if row.is_alive), None)


def _seconds(time_span: timedelta) -> int:
    return max(1, round(time_span.total_seconds()))


@contextmanager
def held(client: LeaseClient, table: str, name: str, owner: Owner, times: Times | None = None) -> Iterator[None]:
    """Hold a lease while the block runs, in the main thread; end the block where the lease is lost.

    :param client: the warehouse.
    :param table: ``project.dataset.table`` of the leases.
    :param name: what is worked on.
    :param owner: who works.
    :param times: how long everything takes.
    :raises LeaseError: where another has the lease for longer than one waits, or it was lost.
    """
    times = times or Times()
    token = _wait_for(client, table, name, owner, times)
    keeper = _Keeper(client, table, name, owner, token, times)
    former = signal.signal(signal.SIGINT, keeper.interrupt)
    keeper.start()
    try:
        yield
    finally:
        with suppress(LeaseLostError):
            keeper.end()
        signal.signal(signal.SIGINT, former)
        if keeper.is_lost:
            # Whatever the block raised or returned: it has not ended as the owner.
            raise LeaseError(
                f"{owner} has lost the lease of {name}, and has stopped: two at once would write to the same tables. "
                "If a later try or another run has taken it over, nothing is to be done; else clear this task."
            )
        try:
            client.release(table, name, token)
        except GoogleAPIError:
            log.exception("The lease of %s could not be given back; it ends within %s.", name, times.expires)


def _wait_for(client: LeaseClient, table: str, name: str, owner: Owner, times: Times) -> str:
    """Return the token of the lease, once whoever had it before must have ended."""
    deadline = time.monotonic() + times.patience.total_seconds()
    said: Owner | None = None
    while True:
        holder = client.holder(table, name)
        token = client.acquire(table, name, owner, times.expires)
        if token:
            break
        holder = holder or client.holder(table, name)
        if time.monotonic() > deadline:
            raise LeaseError(
                f"{holder or 'Another'} has had the lease of {name} for more than {times.patience}. Wait until it has "
                f"ended, or end it; then clear {owner.task}."
            )
        if holder != said:
            log.info("Waiting for the lease of %s, which %s has.", name, holder)
            said = holder
        time.sleep(times.look.total_seconds())
    if holder and holder.task == owner.task:
        log.warning("%s has the lease of %s: it is told to stop, which takes %s.", holder, name, times.takeover)
        time.sleep(times.takeover.total_seconds())
    return token


class _Keeper(threading.Thread):
    """Says that the owner is alive, and interrupts the main thread where it no longer is the owner."""

    def __init__(  # noqa: PLR0913, PLR0917 - the lease, and who holds it how
        self, client: LeaseClient, table: str, name: str, owner: Owner, token: str, times: Times
    ) -> None:
        super().__init__(name=f"lease of {name}", daemon=True)
        self._client, self._table, self._name, self._owner, self._times = client, table, name, owner, times
        self._token = token
        self._ended = threading.Event()
        self.is_lost = False

    def interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        """Raise in the main thread.

        :raises LeaseLostError: where the lease is lost.
        :raises KeyboardInterrupt: where somebody else has interrupted the process.
        """
        raise LeaseLostError if self.is_lost else KeyboardInterrupt

    def end(self) -> None:
        """Stop saying so."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Say so until the owner has ended or has lost the lease."""
        heard = time.monotonic()
        while not self._ended.wait(self._times.heartbeat.total_seconds()):
            try:
                is_owner = self._client.heartbeat(self._table, self._name, self._token, self._times.expires)
            except GoogleAPIError:
                log.exception("The lease of %s could not be renewed; the next try follows.", self._name)
                is_owner = time.monotonic() - heard < self._times.silence.total_seconds()
            else:
                heard = time.monotonic()
            if not is_owner:
                self.is_lost = True
                self._stop_owner()
                return

    def _stop_owner(self) -> None:
        log.error("%s has lost the lease of %s, and ends.", self._owner, self._name)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if not self._ended.wait(self._times.stop.total_seconds()):
            log.critical("%s has not ended within %s: its process is killed.", self._owner, self._times.stop)
            os._exit(os.EX_TEMPFAIL)
