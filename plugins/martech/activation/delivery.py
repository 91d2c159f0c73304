"""Bringing one batch to an outcome for every change: retries, waits as asked, splits what is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_when_event_set,
)
from tenacity.wait import wait_base, wait_random, wait_random_exponential

from martech.activation.batching import halves
from martech.activation.changes import BatchRejectedError, Change, Destination, Outcome, TransientError

if TYPE_CHECKING:
    import threading

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 60


class WaitAsAsked(wait_base):
    """Wait as long as the destination asks (plus up to a second, so that workers do not return together),
    else exponentially longer with jitter."""

    def __init__(self) -> None:
        self._backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)
        self._jitter = wait_random(0, 1)

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait before the next attempt."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = getattr(error, "retry_after", None)
        return self._backoff(retry_state) if asked is None else asked + self._jitter(retry_state)


class _RowsLeftError(TransientError):
    """Some records of a request failed in a way that may pass."""


class Delivery:
    """Sends batches to one destination.

    :param destination: where to.
    :param max_attempts: tries per batch before it is given up.
    :param sleep: how to wait; tests pass their own. Waits end early when ``stopped`` is set.
    :param stopped: set when another worker met an error that ends the run.
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
        self._sleep = sleep or stopped.wait

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

        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            wait=WaitAsAsked(),
            stop=stop_after_attempt(self._max_attempts) | stop_when_event_set(self._stopped),
            sleep=self._sleep,
            before_sleep=_log_retry,
            reraise=True,
        )
        try:
            retrying(attempt)
        except _RowsLeftError:
            if self._stopped.is_set():
                return [outcome for outcome in outcomes.values() if not outcome.retryable]
            # The destination answers, but these records fail every time: they must not hold up the others.
            for change in left:
                last = outcomes.get(change.record_key, Outcome(change, "no_answer", "No result came back."))
                outcomes[change.record_key] = replace(last, retryable=False)
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


def _log_retry(retry_state: RetryCallState) -> None:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    log.info("Attempt %d: %s Trying again.", retry_state.attempt_number, error)
