"""Delivery: whatever the destination does, every change ends with one outcome or the batch raises."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from martech.activation.changes import BatchRejectedError, Change, FatalError, Outcome, TransientError
from martech.activation.delivery import Delivery


class Scripted:
    """A destination that follows a script of behaviours by record and by call."""

    def __init__(self, poison=(), flaky=None, breakdowns=(), names_rows=False):
        self.poison = set(poison)
        self.flaky = Counter(flaky or {})
        self.breakdowns = list(breakdowns)
        self.names_rows = names_rows
        self.applied: Counter[str] = Counter()
        self.calls = 0

    def send(self, changes):
        self.calls += 1
        if self.breakdowns:
            applies, error = self.breakdowns.pop(0)
            if applies:
                self.applied.update(c.record_key for c in changes)
            raise error
        blamed = {i: ("BAD", "poison") for i, c in enumerate(changes) if c.record_key in self.poison}
        if blamed:
            raise BatchRejectedError("INVALID", "something is wrong", blamed if self.names_rows else None)
        outcomes = []
        for change in changes:
            if self.flaky[change.record_key] > 0:
                self.flaky[change.record_key] -= 1
                outcomes.append(Outcome(change, "LOCKED", "try again", retryable=True))
            else:
                self.applied[change.record_key] += 1
                outcomes.append(Outcome(change))
        return outcomes


def deliver(destination, keys, max_attempts=8, waits=None):
    waited = waits if waits is not None else []
    delivery = Delivery(destination, max_attempts=max_attempts, stopped=threading.Event(), sleep=waited.append)
    return delivery.deliver([Change(key, "add", {}) for key in keys])


KEYS = st.lists(st.text("abcdef", min_size=1, max_size=3), min_size=1, max_size=40, unique=True)


# A busy machine is slow, not wrong.
@settings(deadline=None)
@given(keys=KEYS, data=st.data(), names_rows=st.booleans())
def test_every_change_has_one_outcome(keys, data, names_rows):
    poison = set(data.draw(st.lists(st.sampled_from(keys), unique=True)))
    flaky = {key: data.draw(st.integers(0, 3)) for key in keys if key not in poison}
    breakdowns = data.draw(st.lists(st.tuples(st.booleans(), st.just(TransientError("down"))), max_size=3))
    destination = Scripted(poison, flaky, breakdowns, names_rows)
    outcomes = deliver(destination, keys)
    assert sorted(o.change.record_key for o in outcomes) == sorted(keys)
    assert {o.change.record_key for o in outcomes if o.error_code} == poison
    assert all(destination.applied[key] >= 1 for key in keys if key not in poison)


def test_a_record_that_fails_every_time_does_not_hold_up_the_others():
    outcomes = deliver(Scripted(flaky={"a": 99}), ["a", "b"])
    assert {o.change.record_key: (o.error_code, o.retryable) for o in outcomes} == {
        "a": ("LOCKED", True),  # what the next run is to try again
        "b": (None, False),
    }


def test_a_refused_batch_is_split_until_the_record_is_found():
    destination = Scripted(poison={"k37"})
    outcomes = deliver(destination, [f"k{i}" for i in range(64)])
    assert [o.change.record_key for o in outcomes if o.error_code] == ["k37"]
    assert destination.calls <= 2 * 6 + 1


def test_the_wait_is_as_long_as_the_destination_asks():
    waits: list[float] = []
    deliver(Scripted(breakdowns=[(False, TransientError("slow down", retry_after=30))]), ["a"], waits=waits)
    assert len(waits) == 1
    assert 30 <= waits[0] <= 31


def backoff(monkeypatch, pick):
    """Return the waits before the attempts 2 to 10, where jitter picks from its range."""
    monkeypatch.setattr("random.uniform", pick)
    waits: list[float] = []
    deliver(Scripted(breakdowns=[(False, TransientError("down"))] * 9), ["a"], max_attempts=10, waits=waits)
    return waits


def test_the_backoff_doubles_up_to_a_minute_with_jitter(monkeypatch):
    assert backoff(monkeypatch, lambda low, high: high) == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(monkeypatch, lambda low, high: low) == [0] * 9


def test_jitter_is_added_to_what_the_destination_asks(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.75)
    waits: list[float] = []
    deliver(Scripted(breakdowns=[(False, TransientError("slow down", retry_after=0))]), ["a"], waits=waits)
    assert waits == [0.75], "asked for no wait is not unasked"


def test_a_run_that_stops_makes_no_further_attempt():
    stopped = threading.Event()
    destination = Scripted(breakdowns=[(False, TransientError("down"))] * 9)
    waits: list[float] = []

    def stop(seconds: float) -> None:
        waits.append(seconds)
        stopped.set()

    delivery = Delivery(destination, max_attempts=8, stopped=stopped, sleep=stop)
    with pytest.raises(TransientError, match="stopping"):
        delivery.deliver([Change("a", "add", {})])
    assert (destination.calls, len(waits)) == (1, 1)


def test_the_records_that_a_refusal_names_keep_its_reason_and_the_others_go_at_once():
    destination = Scripted(poison={"b", "d"}, names_rows=True)
    outcomes = deliver(destination, ["a", "b", "c", "d"])
    assert [(o.change.record_key, o.error_code, o.error_message) for o in outcomes] == [
        ("b", "BAD", "poison"),
        ("d", "BAD", "poison"),
        ("a", None, None),
        ("c", None, None),
    ]
    assert destination.calls == 2


def test_a_record_without_an_answer_is_tried_again_by_the_next_run():
    class Silent(Scripted):
        def send(self, changes):
            return [outcome for outcome in super().send(changes) if outcome.change.record_key != "mute"]

    destination = Silent()
    outcomes = {o.change.record_key: o for o in deliver(destination, ["a", "mute"], max_attempts=3)}
    assert (outcomes["a"].error_code, outcomes["a"].retryable) == (None, False)
    assert (outcomes["mute"].error_code, outcomes["mute"].retryable) == ("no_answer", True)
    assert (destination.applied["a"], destination.applied["mute"]) == (1, 3)


def test_it_gives_up_after_the_last_attempt():
    destination = Scripted(breakdowns=[(False, TransientError("down"))] * 9)
    with pytest.raises(TransientError, match="down"):
        deliver(destination, ["a"], max_attempts=3)
    assert destination.calls == 3


def test_a_fatal_error_is_not_tried_again():
    destination = Scripted(breakdowns=[(False, FatalError("no"))])
    with pytest.raises(FatalError):
        deliver(destination, ["a"])
    assert destination.calls == 1
