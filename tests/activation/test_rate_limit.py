"""Rate limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from martech.activation.rate_limit import RateLimit


@given(requests=st.integers(1, 5), seconds=st.floats(0.1, 3), pauses=st.lists(st.floats(0, 2), max_size=40))
def test_no_window_ever_holds_more_than_the_limit(requests, seconds, pauses):
    now = 0.0

    def sleep(wait: float) -> None:
        nonlocal now
        now += wait

    limit = RateLimit(requests, seconds, clock=lambda: now, sleep=sleep)
    sent = []
    for pause in pauses:
        now += pause
        limit.acquire()
        sent.append(now)
    for first, later in zip(sent, sent[requests:], strict=False):
        assert later - first >= seconds - 1e-9


def moments(limit: Callable[..., RateLimit], arrivals: Sequence[float]) -> list[float]:
    """Return when requests are sent that arrive at these moments, or once the one before has been sent."""
    now = 0.0

    def sleep(wait: float) -> None:
        nonlocal now
        now += wait

    own, sent = limit(clock=lambda: now, sleep=sleep), []
    for arrival in arrivals:
        now = max(now, arrival)
        own.acquire()
        sent.append(now)
    return sent


def test_it_waits_no_longer_than_the_limit_asks():
    """The third waits for the first to be ten seconds old, the fourth for the second; the fifth comes late enough."""
    limit = partial(RateLimit, 2, 10.0)
    assert moments(limit, [0, 4, 5, 5, 40, 41, 41]) == [0, 4, 10, 14, 40, 41, 50]


@pytest.mark.parametrize(
    ("per_second", "sent"),
    [(0.5, [0, 2, 4, 6]), (1, [0, 1, 2, 3]), (2, [0, 0, 1, 1]), (2.9, [0, 0, 1, 1])],
)
def test_so_many_requests_per_second(per_second, sent):
    own = RateLimit.per_second(per_second)
    assert moments(partial(RateLimit, own._requests, own._seconds), [0, 0, 0, 0]) == sent
