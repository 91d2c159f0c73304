"""Braze, against a server that keeps its contract."""

from __future__ import annotations

import json

import pytest
from martech.activation import engine
from martech.activation.changes import BatchRejectedError, Change, FatalError, TransientError
from martech.activation.hooks.braze import BrazeHook

from tools.destinations.server import Faults

PAYLOAD = {
    "health_score": 80.5,
    "health_category": "healthy",
    "churn_risk_score": None,
    "lifecycle_stage": "customer",
    "churn_risk_category": "low",
    "is_customer": True,
    "last_order_date": "2026-11-01",
}


@pytest.fixture
def hook(braze, sync):
    """Return a hook that leads to the local workspace."""
    return BrazeHook(sync("customer_health"))


def test_sends_75_objects_in_one_request(hook, braze):
    outcomes = hook.send([Change(f"b{i}", "add", PAYLOAD) for i in range(75)])
    assert [o.error_code for o in outcomes] == [None] * 75
    assert sum(braze.requests.values()) == 1
    assert braze.attributes["b7"] == {name: value for name, value in PAYLOAD.items() if value is not None}


def test_more_than_75_objects_are_refused_as_a_whole(hook, braze):
    with pytest.raises(BatchRejectedError, match="at most 75"):
        hook.send([Change(f"b{i}", "add", PAYLOAD) for i in range(76)])
    assert braze.attributes == {}


def test_faulty_objects_come_back_under_http_201(hook, braze):
    outcomes = hook.send([Change("b1", "add", PAYLOAD), Change("b2", "add", PAYLOAD | {"lifecycle_stage": "x" * 256})])
    assert [o.error_code for o in outcomes] == [None, "invalid_attributes"]
    assert set(braze.attributes) == {"b1"}


def test_remove_unsets_the_attributes(hook, braze):
    hook.send([Change("b1", "add", PAYLOAD)])
    hook.send([Change("b1", "remove", {}), Change("unknown", "remove", {})])
    assert braze.attributes["b1"] == {}


def test_people_without_a_profile_are_left_alone(hook, braze):
    braze.profiles = {"b1"}
    hook.send([Change("b1", "add", PAYLOAD), Change("b2", "add", PAYLOAD)])
    assert set(braze.attributes) == {"b1"}


def test_throttling_says_when_to_come_back(hook, braze):
    braze.faults = Faults(rate=1.0, kinds=("throttled",))
    with pytest.raises(TransientError) as error:
        hook.send([Change("b1", "add", PAYLOAD)])
    assert error.value.retry_after == 0.0  # the window ends this second


def test_the_servers_own_rate_limit_throttles(hook, braze, monkeypatch):
    monkeypatch.setattr("tools.destinations.braze.REQUESTS", 2)
    for key in ("b1", "b2"):
        hook.send([Change(key, "add", PAYLOAD)])
    with pytest.raises(TransientError, match="429"):
        hook.send([Change("b3", "add", PAYLOAD)])


def test_a_wrong_key_names_the_fix_and_not_the_key(braze, sync, monkeypatch):
    wrong = braze.connection() | {"password": "not-the-key"}
    monkeypatch.setenv("AIRFLOW_CONN_BRAZE_DEFAULT", json.dumps(wrong))
    with pytest.raises(FatalError, match="Correct the Airflow connection") as error:
        BrazeHook(sync("customer_health")).send([Change("b1", "add", PAYLOAD)])
    assert "not-the-key" not in str(error.value)


def test_a_sync_of_health_end_to_end(warehouse, braze, sync):
    warehouse.make_customers(200)
    declared = sync("customer_health")
    ledger = warehouse.ledger(declared)
    plan_id = engine.plan_sync(ledger, declared)
    engine.send_changes(ledger, declared, BrazeHook(declared), plan_id)
    assert len(braze.attributes) == 196
    assert braze.attributes["braze-7"] == {
        "health_score": 54.33,
        "health_category": "healthy",
        "churn_risk_score": 0.25,
        "lifecycle_stage": "customer",
        "churn_risk_category": "low",
        "is_customer": True,
        "last_order_date": "2026-11-01",
    }
