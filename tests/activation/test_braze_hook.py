"""Braze, against a server that keeps its contract."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from martech.activation import engine
from martech.activation.changes import BatchRejectedError, Change, FatalError, TransientError
from martech.activation.hooks.braze import BrazeHook
from martech.activation.sync import Column

from tools.destinations.server import Answer, Faults

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
    assert braze.requests["POST /users/track"] == 1
    assert braze.attributes["b7"] == {name: value for name, value in PAYLOAD.items() if value is not None}


def test_a_batch_is_what_a_request_may_hold_and_a_removal_makes_no_user(sync, braze):
    declared = sync("customer_health")
    hook = BrazeHook(replace(declared, options={**declared.options, "update_existing_only": False}))
    assert hook.batch_size(1000, removes=False) == hook.batch_size(1000, removes=True) == 75
    braze.profiles = {"known"}
    hook.send([Change("known", "add", PAYLOAD)])
    hook.send([Change(key, "remove", {}) for key in ("known", "unknown")])
    assert braze.attributes["known"].get("health_score") is None
    assert "unknown" not in braze.attributes


def test_only_changed_attributes_are_sent(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(5)
    declared = sync("customer_health")
    run_tasks(declared)
    braze.data_points = 0
    warehouse.run("update `@gold.customer_health_scores` set health_score = 1 where customer_id = 'c00000003'")
    run_tasks(declared)
    assert braze.data_points == 1
    assert braze.attributes["braze-3"]["health_score"] == 1
    assert braze.attributes["braze-3"]["health_category"] == "healthy"


def test_all_attributes_are_sent_where_it_is_not_sure_what_braze_holds(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(2)
    declared = sync("customer_health")
    run_tasks(declared)
    warehouse.run("update `@gold.customer_health_scores` set health_score = 1 where customer_id = 'c00000001'")
    ledger = warehouse.ledger(declared)
    hook, plan_id = BrazeHook(declared), engine.plan_sync(ledger, declared)
    hook.send(list(ledger.pending(plan_id, removes=False)[1]))  # and then the worker dies
    warehouse.run("update `@gold.customer_health_scores` set health_score = 79.19 where customer_id = 'c00000001'")
    run_tasks(declared)
    assert braze.attributes["braze-1"]["health_score"] == 79.19


def test_a_record_that_was_just_sent_is_not_overtaken(warehouse, braze, sync, run_tasks, monkeypatch):
    waits = []
    monkeypatch.setattr(BrazeHook, "settling_seconds", 3_600.0)
    monkeypatch.setattr(engine.time, "sleep", waits.append)
    warehouse.make_customers(3)
    declared = sync("customer_health")
    run_tasks(declared)
    assert waits == []
    warehouse.run("update `@gold.customer_health_scores` set health_score = 1 where customer_id = 'c00000003'")
    run_tasks(declared)
    assert [3_500 < wait <= 3_600 for wait in waits] == [True]


GROUP = "3b1f9d6e-0a4c-4f7e-9f54-6d2a1c0b8e77"


def test_consent_becomes_the_state_of_a_subscription_group(braze, sync):
    declared = sync("customer_health")
    column = Column("joined.email_consent", "newsletter", subscription_group=GROUP)
    hook = BrazeHook(replace(declared, columns=(*declared.columns, column)))
    states = {"b1": "granted", "b2": "denied", "b3": "unspecified", "b4": "granted"}
    outcomes = hook.send([Change(key, "add", PAYLOAD | {"newsletter": state}) for key, state in states.items()])
    assert [o.error_code for o in outcomes] == [None] * 4
    hook.send([Change("b4", "remove", {})])
    assert braze.groups == {
        "b1": {GROUP: "subscribed"}, "b2": {GROUP: "unsubscribed"}, "b4": {GROUP: "unsubscribed"},
    }  # fmt: skip
    assert "newsletter" not in braze.attributes["b1"]


@pytest.mark.parametrize("key", ["{}\n", "{} with a blank\nand a break"])
def test_a_key_with_a_line_break_reaches_no_message(braze, sync, monkeypatch, key):
    key = key.format(braze.connection()["password"])
    monkeypatch.setenv("AIRFLOW_CONN_BRAZE_DEFAULT", json.dumps(braze.connection() | {"password": key}))
    hook = BrazeHook(sync("customer_health"))
    if key.strip() == braze.connection()["password"]:
        assert hook.send([Change("b1", "add", PAYLOAD)])[0].error_code is None
        return
    with pytest.raises(FatalError, match="line break") as error:
        hook.send([Change("b1", "add", PAYLOAD)])
    assert braze.connection()["password"] not in str(error.value)
    assert error.value.__suppress_context__


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


def test_a_batch_that_is_tried_again_asks_no_second_time_for_profiles(hook, braze, monkeypatch):
    changes = [Change(f"b{i}", "add", PAYLOAD) for i in range(75)]
    track = braze._track
    monkeypatch.setattr(braze, "_track", lambda request: Answer(503))
    with pytest.raises(TransientError):
        hook.send(changes)
    monkeypatch.setattr(braze, "_track", track)
    assert len(hook.send(changes)) == len(braze.attributes) == 75
    assert braze.requests["POST /users/export/ids"] == 2  # of 50 and 25


def test_people_without_a_profile_are_not_counted_as_held(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(30)
    braze.profiles = {f"braze-{i}" for i in range(1, 29)}
    counts = run_tasks(sync("customer_health"))
    assert (counts["in_destination"], counts["rejected"]) == (28, 2)
    assert {row["error_code"] for row in warehouse.ops("dead_letters")} == {"no_profile"}


def test_the_profile_of_an_erased_person_is_deleted_whether_or_not_it_was_sent(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(60)
    declared = sync("customer_health", limits={"max_removed_percent": 100})
    run_tasks(declared)
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000003'")
    run_tasks(declared)
    assert braze.attributes["braze-3"] == {}
    erased = ", ".join(f"('GDPR-1', 'user', 'c{i:08d}', current_timestamp())" for i in (3, 4, 50))
    warehouse.run(f"insert into `@ops.erasure_identifiers` (request_id, kind, value, requested_at) values {erased}")
    try:
        run_tasks(declared)
    finally:
        warehouse.run("delete from `@ops.erasure_identifiers` where true")
    assert braze.deleted == {"braze-3", "braze-4", "braze-50"}
    assert not braze.deleted & set(braze.attributes)


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
        "recommended_actions": "Call; Offer a discount",
        "lifecycle_stage": "customer",
        "churn_risk_category": "low",
        "is_customer": True,
        "last_order_date": "2026-11-01",
    }
