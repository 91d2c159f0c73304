"""The signed webhook, against a receiver that verifies it and applies every id once."""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests
from martech.activation import engine
from martech.activation.changes import BatchRejectedError, Change, FatalError
from martech.activation.hooks.webhook import WebhookHook, signature

from tools.destinations.server import FAULTS, Answer, Faults

PATH = "/customers/health"


@pytest.fixture
def declared(sync):
    options = sync("customer_health_to_webhook").options | {"records_per_request": 5}
    limits = {"requests_per_second": 1000, "max_removed_percent": 100, "timeout_seconds": 0.2, "max_attempts": 12}
    return sync("customer_health_to_webhook", options=options, limits=limits)


def change(key: str, **more) -> Change:
    return Change(key, "add", {"health_score": 1.0}, content_hash="h", occurrence=key, **more)


def test_the_signature_is_that_of_standard_webhooks():
    """The test vector that the specification's libraries publish."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_ends_equal_to_the_source_whatever_fails(warehouse, webhook, declared, run_tasks):
    """A fifth of all requests fails in every way, and a run dies with what it has sent unrecorded."""
    warehouse.make_customers(100)
    kinds = tuple(kind for kind in FAULTS if kind not in ("expired_session", "row_locked"))
    webhook.faults = Faults(rate=0.2, kinds=kinds, hang_seconds=0.4, seed=7)
    ledger = warehouse.ledger(declared)
    plan_id = engine.plan_sync(ledger, declared)
    pending = list(ledger.pending(plan_id, removes=False)[1])
    webhook.faults = Faults()
    WebhookHook(declared).send(pending[:30])  # and then the worker dies
    webhook.faults = Faults(rate=0.2, kinds=kinds, hang_seconds=0.4, seed=7)
    run_tasks(declared)
    rows = warehouse.run(
        """select customer_id, health_score from `@gold.customer_health_scores`
        inner join `@silver.customer_360` using (customer_id) where not is_unsubscribed"""
    )
    expected = {row["customer_id"]: row["health_score"] for row in rows}
    held = webhook.records[PATH]
    assert {key: fields["health_score"] for key, fields in held.items()} == expected
    # What was sent again had the id that the receiver knows.
    assert webhook.repeats >= 30
    assert len(webhook.applied) == len(expected)
    # A change, somebody who left, and somebody who opted out: each a new id.
    webhook.faults = Faults()
    warehouse.run("update `@gold.customer_health_scores` set health_score = 1.5 where customer_id = 'c00000001'")
    warehouse.run("delete from `@gold.customer_health_scores` where customer_id = 'c00000002'")
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000003'")
    run_tasks(declared)
    assert len(webhook.applied) == len(expected) + 3
    assert webhook.records[PATH]["c00000001"]["health_score"] == 1.5
    assert not {"c00000002", "c00000003"} & set(webhook.records[PATH])
    # The same content again, long after, is no repeat.
    run_tasks(declared, full_resync=True)
    assert len(webhook.applied) == 2 * len(expected) + 1
    assert (warehouse.ops("outbox"), warehouse.ops("dead_letters")) == ([], [])


def test_a_record_that_is_refused_holds_up_no_other(warehouse, webhook, declared, run_tasks):
    warehouse.make_customers(12)
    webhook.poison = {"c00000007"}
    assert run_tasks(declared)["in_destination"] == 11
    (letter,) = warehouse.ops("dead_letters")
    assert (letter["record_key"], letter["error_code"]) == ("c00000007", "422")


def test_a_request_is_believed_once_signed_in_time_and_unchanged(webhook, declared, monkeypatch):
    sent: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def keep(session, request, **options):
        sent.append(request)
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", keep)
    WebhookHook(declared).send([change("c1")])
    (request,) = sent
    assert webhook.deliveries == 1
    changed = request.copy()
    changed.body = request.body.replace(b"1.0", b"2.0")
    late = request.copy()
    late.headers["webhook-timestamp"] = str(int(time.time()) - 301)
    with requests.Session() as session:
        assert send(session, changed).status_code == 401
        assert send(session, late).status_code == 401
        assert send(session, request).status_code == 204
    assert (webhook.records[PATH], webhook.repeats) == ({"c1": {"health_score": 1.0}}, 1)


def test_two_secrets_sign_while_the_receiver_changes_them(webhook, declared, monkeypatch):
    both = webhook.connection() | {"password": f"whsec_bmV3 {webhook.connection()['password']}"}
    monkeypatch.setenv("AIRFLOW_CONN_WEBHOOK_DEFAULT", json.dumps(both))
    assert WebhookHook(declared).send([change("c1")])[0].error_code is None


@pytest.mark.parametrize(
    ("password", "fix"),
    [
        ("whsec_bm90LXRoZS1zZWNyZXQ=", "Correct the Airflow connection"),
        ("whsec_???", "Copy it again from the receiver"),
        ("", "Put the receiver's secret into its password"),
    ],
)
def test_a_wrong_secret_names_the_fix_and_not_itself(webhook, declared, monkeypatch, password, fix):
    monkeypatch.setenv("AIRFLOW_CONN_WEBHOOK_DEFAULT", json.dumps(webhook.connection() | {"password": password}))
    with pytest.raises(FatalError, match=fix) as error:
        WebhookHook(declared).send([change("c1")])
    assert "bm90" not in str(error.value)


def test_a_wrong_path_stops_the_run_and_a_refused_request_does_not(webhook, declared, monkeypatch):
    hook = WebhookHook(declared)
    webhook.poison = {"c1"}
    with pytest.raises(BatchRejectedError, match="422"):
        hook.send([change("c1")])
    monkeypatch.setattr(type(webhook), "answer", lambda *_: Answer(404))
    with pytest.raises(FatalError, match=r"404 to POST /customers/health\. Check destination\.path"):
        hook.send([change("c2")])
