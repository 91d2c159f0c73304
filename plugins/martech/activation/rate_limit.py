"""Staying below a destination's rate limit."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable


class RateLimit:
    """At most ``requests`` in any window of ``seconds``, across the threads of a process.

    Syncs that write to the same destination share its limit through the destination's Airflow pool, whose
    one slot lets one of them send at a time.

    :param requests: requests allowed per window.
    :param seconds: length of the window.
    :param clock: monotonic time in seconds.
    :param sleep: how to wait.
    """

    def __init__(
        self,
        requests: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._requests = requests
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    @classmethod
    def per_second(cls, requests: float) -> RateLimit:
        """Return a limit of so many requests per second; below one, of one request in so many seconds."""
        return cls(int(requests), 1.0) if requests >= 1 else cls(1, 1 / requests)

    def acquire(self) -> None:
        """Wait until another request may be sent."""
        with self._lock:
            if len(self._sent) == self._requests:
                wait = self._sent.popleft() + self._seconds - self._clock()
                if wait > 0:
                    self._sleep(wait)
            self._sent.append(self._clock())
