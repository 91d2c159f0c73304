"""Rate limits."""

from __future__ import annotations

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


def test_less_than_one_request_per_second():
    waits: list[float] = []
    limit = RateLimit.per_second(0.5)
    limit._sleep = waits.append
    limit.acquire()
    limit.acquire()
    assert 1.5 < waits[0] <= 2.0
