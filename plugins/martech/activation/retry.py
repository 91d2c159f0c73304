"""Trying again what may pass."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_when_event_set,
)
from tenacity.wait import wait_base, wait_random, wait_random_exponential

from martech.activation.changes import TransientError

log = logging.getLogger(__name__)

LONGEST_BACKOFF_SECONDS = 60


class WaitAsAsked(wait_base):
    """Wait as long as the destination asks, plus jitter so that workers do not return together; where it does
    not ask, exponentially longer with jitter."""

    def __init__(self) -> None:
        self._backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_BACKOFF_SECONDS)
        self._jitter = wait_random(0, 1)

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait before the next attempt."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = getattr(error, "retry_after", None)
        return self._backoff(retry_state) if asked is None else asked + self._jitter(retry_state)


def retrying(
    max_attempts: int, *, stopped: threading.Event, sleep: Callable[[float], object] | None = None
) -> Retrying:
    """Return what calls a function again while it raises TransientError, and raises the last one.

    :param max_attempts: calls in all.
    :param stopped: ends the waiting and the attempts when set.
    :param sleep: how to wait; until ``stopped`` is set or the time is over if omitted.
    """

    def pause(seconds: float) -> None:
        (sleep or stopped.wait)(seconds)

    return Retrying(
        retry=retry_if_exception_type(TransientError),
        wait=WaitAsAsked(),
        stop=stop_after_attempt(max_attempts) | stop_when_event_set(stopped),
        sleep=pause,
        before_sleep=_log_retry,
        reraise=True,
    )


def _log_retry(retry_state: RetryCallState) -> None:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    log.info("Attempt %d: %s Trying again.", retry_state.attempt_number, error)
