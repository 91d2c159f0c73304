"""Bringing one batch to an outcome for every change: retries, waits as asked, splits what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from martech.activation.batching import halves
from martech.activation.changes import BatchRejectedError, Change, Destination, Outcome, TransientError
from martech.activation.retry import retrying


class _RowsLeftError(TransientError):
    """Some records of a request failed in a way that may pass."""


class Delivery:
    """Sends batches to one destination.

    :param destination: where to.
    :param max_attempts: tries per batch before it is given up.
    :param stopped: set when another worker met an error that ends the run; ends waits as well.
    :param sleep: how to wait, if not for ``stopped``; tests pass their own.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        max_attempts: int,
        stopped: threading.Event,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._destination = destination
        self._max_attempts = max_attempts
        self._stopped = stopped
        self._sleep = sleep

    def deliver(self, batch: Sequence[Change]) -> list[Outcome]:
        """Return the outcome of every change of a batch: sent, or rejected with its reason.

        :raises TransientError: where the destination stayed out of order for all attempts.
        :raises FatalError: where no request can succeed.
        """
        outcomes: dict[str, Outcome] = {}
        left = list(batch)

        def attempt() -> None:
            nonlocal left
            if self._stopped.is_set():
                raise TransientError("The run is stopping.")
            for outcome in self._send(left):
                outcomes[outcome.change.record_key] = outcome
            left = [c for c in left if c.record_key not in outcomes or outcomes[c.record_key].retryable]
            if left:
                raise _RowsLeftError(f"{len(left)} records failed in a way that may pass.")

        try:
            retrying(self._max_attempts, stopped=self._stopped, sleep=self._sleep)(attempt)
        except _RowsLeftError:
            if self._stopped.is_set():
                return [outcome for outcome in outcomes.values() if not outcome.retryable]
            # The destination answers, but these records fail every time: they must not hold up the others.
            for change in left:
                no_answer = Outcome(change, "no_answer", "No result came back.", retryable=True)
                outcomes.setdefault(change.record_key, no_answer)
        return list(outcomes.values())

    def _send(self, batch: Sequence[Change]) -> list[Outcome]:
        """Send a batch; where it is refused as a whole, find the records to blame and send the rest."""
        try:
            return self._destination.send(batch)
        except BatchRejectedError as error:
            if error.rows:
                blamed = [Outcome(batch[index], *reason) for index, reason in sorted(error.rows.items())]
                rest = [change for index, change in enumerate(batch) if index not in error.rows]
                return blamed + (self._send(rest) if rest else [])
            if len(batch) == 1:
                return [Outcome(batch[0], error.code, error.message)]
            first, second = halves(batch)
            return self._send(first) + self._send(second)
