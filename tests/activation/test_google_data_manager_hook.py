"""Google Data Manager API, against a server that keeps its contract."""

from __future__ import annotations

import json
import threading
from hashlib import sha256

import pytest
from martech.activation import engine
from martech.activation.changes import BatchRejectedError, Change, FatalError, Processed
from martech.activation.delivery import Delivery
from martech.activation.hooks.google_data_manager import GoogleDataManagerHook, user_identifier

AUDIENCE = "8765432109"


def hashed(text: str) -> str:
    """Return what Google expects of a normalised value."""
    return sha256(text.encode()).hexdigest()


def member(key: str, *identifiers: str, stale: tuple[str, ...] = ()) -> Change:
    """Return the upsert of a member."""
    return Change(key, "add", {}, identifiers=identifiers, stale_identifiers=stale)


@pytest.fixture
def hook(google, sync):
    """Return a hook that leads to the local API."""
    return GoogleDataManagerHook(sync("customers_to"))


def test_adds_members_with_consent_and_accepted_terms(hook, google):
    outcomes = hook.send([member("c1", f"email:{hashed('a@b.c')}"), member("c2", f"phone:{hashed('+15550000001')}")])
    assert all(o.error_code is None and o.reference in google.statuses for o in outcomes)
    assert google.audiences[AUDIENCE] == {f"emailAddress:{hashed('a@b.c')}", f"phoneNumber:{hashed('+15550000001')}"}
    assert google.without_consent == 0


def test_identifiers_that_a_person_no_longer_has_are_taken_back(hook, google):
    old, new = f"email:{hashed('old@b.c')}", f"email:{hashed('new@b.c')}"
    hook.send([member("c1", old)])
    hook.send([member("c1", new, stale=(old,))])
    assert google.audiences[AUDIENCE] == {f"emailAddress:{hashed('new@b.c')}"}


def test_remove_takes_all_identifiers_back(hook, google):
    many = tuple(f"email:{hashed(str(i))}" for i in range(12))
    for identifier in many:
        hook.send([member("c1", identifier)])
    hook.send([Change("c1", "remove", {}, stale_identifiers=many), Change("c2", "remove", {})])
    assert google.audiences[AUDIENCE] == set()


def test_a_malformed_member_is_named(hook, google):
    with pytest.raises(BatchRejectedError) as error:
        hook.send([member("c1", f"email:{hashed('a')}"), member("c2", "email:plain@example.com")])
    assert list(error.value.rows) == [1]
    assert google.audiences.get(AUDIENCE, set()) == set()


def test_a_member_that_is_not_named_is_found(hook, google):
    google.poison = {f"emailAddress:{hashed('3')}"}
    delivery = Delivery(hook, max_attempts=2, stopped=threading.Event())
    outcomes = delivery.deliver([member(f"c{i}", f"email:{hashed(str(i))}") for i in range(8)])
    assert {o.change.record_key: o.error_code for o in outcomes if o.error_code} == {"c3": "INVALID_ARGUMENT"}
    assert len(google.audiences[AUDIENCE]) == 7


def test_an_address_goes_as_one_identifier():
    assert user_identifier("address:g:f:US:94105") == {
        "address": {"givenName": "g", "familyName": "f", "regionCode": "US", "postalCode": "94105"}
    }


def test_an_expired_token_is_renewed(hook, google):
    hook.send([member("c1", f"email:{hashed('a')}")])
    google.tokens.clear()
    hook.send([member("c2", f"email:{hashed('b')}")])
    assert google.requests["POST /token"] == 2
    assert len(google.audiences[AUDIENCE]) == 2


def test_a_key_that_google_refuses_names_the_fix(google, sync, monkeypatch):
    connection = google.connection()
    connection["extra"]["keyfile_dict"]["client_email"] = "someone@else.iam.gserviceaccount.com"
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_DATA_MANAGER_DEFAULT", json.dumps(connection))
    with pytest.raises(FatalError, match="refuses the service account's key"):
        GoogleDataManagerHook(sync("customers_to")).send([member("c1", f"email:{hashed('a')}")])


def test_a_wrong_account_ends_the_run(google, sync):
    options = {"account_id": "1", "audience_id": AUDIENCE}
    with pytest.raises(FatalError, match="INVALID_DESTINATION"):
        GoogleDataManagerHook(sync("customers_to", options=options)).send([member("c1", f"email:{hashed('a')}")])


def outcome_of(hook, *changes: Change) -> Processed | None:
    """Return what became of the request that took the changes."""
    accepted = hook.send(changes)
    assert all(o.is_accepted and o.error_code is None for o in accepted)
    return hook.processed(accepted[0].reference)


def test_an_accepted_request_is_followed_until_it_is_processed(hook, google):
    google.processing_seconds = 60
    (outcome,) = hook.send([member("c1", f"email:{hashed('new')}", stale=(f"email:{hashed('old')}",))])
    remove, ingest = outcome.reference.split(",")
    google.processed_at[remove] = 0
    assert hook.processed(outcome.reference) is None
    google.processed_at[ingest] = 0
    assert hook.processed(outcome.reference) == Processed(records=1, match_rate="51_TO_60")


def test_a_failed_request_says_why(hook, google):
    google.refused = frozenset({f"emailAddress:{hashed('a')}"})
    bad, good = member("c1", f"email:{hashed('a')}"), member("c2", f"email:{hashed('b')}")
    reason = "1 records: error PROCESSING_ERROR_REASON_INVALID_FORMAT"
    assert outcome_of(hook, bad) == Processed("FAILED", reason, 1, "51_TO_60")
    assert outcome_of(hook, bad, good) == Processed("PARTIAL_SUCCESS", reason, 2, "51_TO_60")
    assert outcome_of(hook, good).error_code is None
    assert google.audiences[AUDIENCE] == {f"emailAddress:{hashed('b')}"}


def test_a_request_that_google_forgot_did_not_succeed(hook, google):
    (outcome,) = hook.send([member("c1", f"email:{hashed('a')}")])
    google.statuses.clear()
    assert hook.processed(outcome.reference).error_code == "INVALID_REQUEST_ID"


def test_a_remove_that_needs_no_request_is_done(hook, google):
    (outcome,) = hook.send([Change("c1", "remove", {})])
    assert (outcome.is_accepted, outcome.error_code) == (False, None)
    assert "POST /v1/audienceMembers:remove" not in google.requests


def test_an_audience_end_to_end(warehouse, google, sync):
    warehouse.make_customers(100)
    declared = sync("customers_to")
    ledger = warehouse.ledger(declared)
    plan_id = engine.plan_sync(ledger, declared)
    engine.send_changes(ledger, declared, GoogleDataManagerHook(declared), plan_id)
    held = google.audiences[AUDIENCE]
    assert f"emailAddress:{hashed('person7@example.com')}" in held
    assert f"phoneNumber:{hashed('+15550000007')}" in held
    seven, eight, nine = (hashed(f"o'neil {number}") for number in (7, 8, 9))
    assert f"address:{hashed('ann-marie')}:{seven}:US:94105" in held
    assert f"address:{hashed('ann-marie')}:{eight}:US:94105" in held  # United States
    assert not any("address" in text and nine in text for text in held)  # no country code
    assert f"emailAddress:{hashed('person50@example.com')}" not in held  # unsubscribed


def test_a_shared_identifier_stays_while_someone_in_the_audience_has_it(warehouse, google, sync):
    warehouse.make_customers(100)
    declared = sync("customers_to")
    ledger = warehouse.ledger(declared)

    def run(**options) -> set[str]:
        plan_id = engine.plan_sync(ledger, declared, **options)
        engine.send_changes(ledger, declared, GoogleDataManagerHook(declared), plan_id)
        return google.audiences[AUDIENCE]

    run()
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000005'")
    held = run()
    assert f"emailAddress:{hashed('person5@example.com')}" not in held
    assert f"phoneNumber:{hashed('+15550000006')}" in held  # of number 6 as well
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000006'")
    assert f"phoneNumber:{hashed('+15550000006')}" not in run()
    # The address changes hands: a new e-mail replaces the old one.
    warehouse.run("update `@silver.customer_360` set email = 'new@gmail.com' where customer_id = 'c00000007'")
    held = run()
    assert f"emailAddress:{hashed('person7@example.com')}" not in held
    assert f"emailAddress:{hashed('new@gmail.com')}" in held
