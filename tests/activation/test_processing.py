"""Destinations that accept first and process later: nothing is lost, nothing is believed too early."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from martech.activation import engine
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook
from martech.activation.operators import PlanSyncOperator

from include.pipeline.settings import settings
from tests.activation.warehouse import TaskInstance, table
from tools.destinations.server import PROCESSING_FAULTS, Faults

AUDIENCE = "8765432109"
INGEST = "POST /v1/audienceMembers:ingest"
FOLLOW = "GET /v1/requestStatus:retrieve"


def email(text: str) -> str:
    """Return an address as the audience holds it."""
    return f"emailAddress:{sha256(text.encode()).hexdigest()}"


@pytest.fixture
def declared(sync):
    """Return the sync without patience and with a fast rate limit."""
    limits = {"max_removed_percent": 100, "processing_seconds": 0.0, "requests_per_second": 1000}
    return sync("customers_to", limits=limits)


@pytest.fixture
def run(warehouse, google, declared):
    """Return a function that follows, plans, sends and reports, as a run of the DAG does."""

    def once(**options):
        ledger = warehouse.ledger(declared)
        hook = GoogleDataManagerHook(declared)
        engine.follow_requests(ledger, declared, hook)
        plan_id = engine.plan_sync(ledger, declared, **options)
        engine.send_changes(ledger, declared, hook, plan_id)
        return engine.report_sync(ledger, declared, plan_id, run_id="r", full_resync=False, dry_run=False)

    return once


def emails_of_source(warehouse) -> set[str]:
    rows = warehouse.run("select lower(email) as email from `@silver.customer_360` where not is_unsubscribed")
    return {email(row["email"]) for row in rows}


def emails_held(google) -> set[str]:
    return {text for text in google.audiences[AUDIENCE] if text.startswith("email")}


def test_a_request_in_processing_is_neither_believed_nor_sent_again(warehouse, google, run):
    warehouse.make_customers(3)
    google.processing_seconds = 3600
    row = run()
    assert (row["status"], row["sent"], row["pending"], row["in_destination"]) == ("unconfirmed", 0, 0, 0)
    assert warehouse.ops("state") == []
    run()
    assert google.requests[INGEST] == 1

    # New content does not wait for the old to be processed.
    warehouse.run("update `@silver.customer_360` set email = 'new@example.com' where customer_id = 'c00000001'")
    run()
    assert google.requests[INGEST] == 2
    assert emails_held(google) == emails_of_source(warehouse)

    google.processed_at = dict.fromkeys(google.processed_at, 0.0)
    assert run()["in_destination"] == 3
    assert google.requests[INGEST] == 2
    assert (warehouse.ops("outbox"), warehouse.ops("dead_letters")) == ([], [])


def test_someone_who_opts_out_while_their_addition_is_processed_is_removed(warehouse, google, run):
    warehouse.make_customers(3)
    google.processing_seconds = 3600
    run()
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000001'")
    run()
    assert emails_held(google) == emails_of_source(warehouse)
    removals = google.requests["POST /v1/audienceMembers:remove"]
    run()
    assert google.requests["POST /v1/audienceMembers:remove"] == removals  # being processed


def test_sending_waits_a_while_for_the_processing(warehouse, google, sync, monkeypatch):
    def processed_meanwhile(_pause: float) -> None:
        google.processed_at = dict.fromkeys(google.processed_at, 0.0)

    warehouse.make_customers(3)
    google.processing_seconds = 3600
    monkeypatch.setattr(engine.time, "sleep", processed_meanwhile)
    patient = sync("customers_to", limits={"processing_seconds": 30.0})
    ledger = warehouse.ledger(patient)
    plan_id = engine.plan_sync(ledger, patient)
    engine.send_changes(ledger, patient, GoogleDataManagerHook(patient), plan_id)
    assert ledger.progress(plan_id).sent == 3
    assert google.requests[FOLLOW] == 2
    statuses = Counter(row["status"] for row in warehouse.ops("changelog"))
    assert statuses == {"accepted": 3, "sent": 3}


def test_the_member_to_blame_is_found_and_the_others_arrive(warehouse, google, run):
    warehouse.make_customers(30)
    google.refused = frozenset({email("person7@example.com")})
    first = run()
    assert (first["status"], first["in_destination"]) == ("unconfirmed", 0)
    assert {row["content_hash"] for row in warehouse.ops("state")} == {"unconfirmed"}
    run()
    last = run()
    assert (last["status"], last["sent"], last["rejected"]) == ("succeeded_with_rejects", 29, 1)
    (dead,) = warehouse.ops("dead_letters")
    assert (dead["record_key"], dead["error_code"]) == ("c00000007", "FAILED")
    assert dead["error_message"] == "1 records: error PROCESSING_ERROR_REASON_INVALID_FORMAT"
    assert emails_held(google) == emails_of_source(warehouse) - google.refused

    # It waits for a correction, and is then like any other.
    google.requests.clear()
    run()
    assert INGEST not in google.requests
    google.refused = frozenset()
    assert run(retry_dead_letters=True)["in_destination"] == 30
    assert (warehouse.ops("outbox"), warehouse.ops("dead_letters")) == ([], [])


def test_who_may_be_there_is_removed_although_it_was_never_confirmed(warehouse, google, run):
    warehouse.make_customers(10)
    google.refused = frozenset({email("person10@example.com")})
    run()  # nine of ten are in the audience, nobody knows which
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where true")
    google.faults = Faults(rate=1, kinds=("processing_failed",))
    for _ in range(4):  # a removal is never given up
        run()
    assert emails_held(google)
    assert len(warehouse.ops("dead_letters")) == 10
    google.faults, google.refused = Faults(), frozenset()
    run()
    assert google.audiences[AUDIENCE] == set()
    left = {name: warehouse.ops(name) for name in ("state", "outbox", "dead_letters")}
    assert left == {"state": [], "outbox": [], "dead_letters": []}


def test_requests_that_fail_in_processing_are_made_good(warehouse, google, run):
    warehouse.make_customers(40)
    for seed in range(4):
        google.faults = Faults(rate=0.5, kinds=PROCESSING_FAULTS, seed=seed)
        run()
    google.faults = Faults()
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id like '%3'")
    run(retry_dead_letters=True)
    assert emails_held(google) == emails_of_source(warehouse)
    assert (warehouse.ops("outbox"), warehouse.ops("dead_letters")) == ([], [])
    assert google.faulted


def test_the_next_plan_asks_first(warehouse, google, run, declared, monkeypatch):
    warehouse.make_customers(3)
    google.processing_seconds = 3600
    run()
    google.processed_at = dict.fromkeys(google.processed_at, 0.0)
    monkeypatch.setattr(PlanSyncOperator, "ledger", lambda *_: warehouse.ledger(declared))
    operator = PlanSyncOperator(task_id="plan_sync", sync=declared, table=table, project_id=settings.project_id)
    options = dict.fromkeys(("dry_run", "full_resync", "retry_dead_letters", "confirm_removals"), False)
    plan_id = operator.execute({"params": options, "ti": TaskInstance()})
    assert warehouse.ledger(declared).progress(plan_id).in_destination == 3


@pytest.mark.usefixtures("braze")
def test_a_destination_that_processes_nothing_is_not_asked_for_another_ones_requests(
    warehouse, google, run, declared, monkeypatch
):
    warehouse.make_customers(3)
    google.processing_seconds = 3600
    run()
    moved = replace(declared, destination="braze", connection="braze_default")
    monkeypatch.setattr(PlanSyncOperator, "ledger", lambda *_: warehouse.ledger(moved))
    operator = PlanSyncOperator(task_id="plan_sync", sync=moved, table=table, project_id=settings.project_id)
    options = dict.fromkeys(("dry_run", "full_resync", "retry_dead_letters", "confirm_removals"), False)
    with pytest.raises(AirflowFailException, match=r"cannot follow 1 accepted requests .* needs a new name"):
        operator.execute({"params": options, "ti": TaskInstance()})


def test_match_rate_and_record_counts_are_kept(warehouse, google, run):
    warehouse.make_customers(30)
    run()
    (request,) = warehouse.ops("requests")
    assert (request["records"], request["match_rate"], request["error_code"]) == (30, "51_TO_60", None)
    assert request["reference"] in google.statuses


def test_members_are_sent_again_before_google_forgets_them(warehouse, google, run, sync):
    warehouse.make_customers(3)
    run()
    google.audiences.clear()
    warehouse.run("update `@ops.activation_state` set sent_at = timestamp_sub(sent_at, interval 181 day) where "
                  "record_key != 'c00000002'")  # fmt: skip
    assert run()["changes"] == 2
    assert emails_held(google) == {email(f"person{i}@example.com") for i in (1, 3)}
    assert run()["changes"] == 0


def test_a_request_that_is_never_processed_is_sent_again(warehouse, google, run, monkeypatch):
    warehouse.make_customers(3)
    google.processing_seconds = 3600
    run()
    monkeypatch.setattr(engine, "LONGEST_PROCESSING", engine.timedelta(0))
    run()
    assert google.requests[INGEST] == 2
    assert {r["error_code"] for r in warehouse.ops("changelog") if r["status"] == "unconfirmed"} == {"STILL_PROCESSING"}
