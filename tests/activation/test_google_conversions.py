"""Conversions to Google Ads: each once, restated, and never without an identifier."""

from __future__ import annotations

from hashlib import sha256

import pytest
from martech.activation.changes import BatchRejectedError, Change
from martech.activation.hooks.google_conversions import GoogleConversionsHook

ACTION = "7654321098"
EMAIL = sha256(b"person7@example.com").hexdigest()


@pytest.fixture
def declared(sync):
    return sync("conversions_to", limits={"max_removed_percent": 100, "requests_per_second": 1000})


def values(google) -> dict[str, float]:
    return {key: event["conversionValue"] for key, event in google.conversions.get(ACTION, {}).items()}


def set_value(warehouse, transaction_id: str, value: float) -> None:
    warehouse.run(
        f"""update `@silver.unified_transactions` set original_net_revenue = {value}
        where transaction_id = '{transaction_id}'"""
    )


def test_orders_are_reported_once_restated_and_withdrawn(warehouse, google, declared, run_tasks):
    warehouse.make_customers(30)
    warehouse.make_transactions(30)
    expected = {f"shopify:{i}": i + 0.5 for i in range(1, 31)}
    assert run_tasks(declared)["in_destination"] == 30
    assert values(google) == expected
    event = google.conversions[ACTION]["shopify:7"]
    assert event["userData"]["userIdentifiers"][0] == {"emailAddress": EMAIL}
    assert (event["currency"], event["eventSource"]) == ("EUR", "WEB")
    assert event["consent"] == {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    assert google.conversions[ACTION]["shopify:10"]["adIdentifiers"] == {"gclid": "gclid-10"}
    # A refund, a cancellation, and an order that was deleted.
    warehouse.run(
        "update `@silver.unified_transactions` set original_net_revenue = 2 where transaction_id = 'shopify:7'"
    )
    warehouse.run(
        "update `@silver.unified_transactions` set original_net_revenue = 0 where transaction_id = 'shopify:8'"
    )
    warehouse.run("delete from `@silver.unified_transactions` where transaction_id = 'shopify:9'")
    deliveries = google.deliveries
    assert run_tasks(declared)["in_destination"] == 29
    assert values(google) == expected | {"shopify:7": 2, "shopify:8": 0, "shopify:9": 0}
    assert google.conversions[ACTION]["shopify:9"]["eventTimestamp"] == event["eventTimestamp"]
    assert google.deliveries == deliveries + 3
    run_tasks(declared)
    assert google.deliveries == deliveries + 3


def test_old_conversions_stay_as_they_were_reported(warehouse, google, declared, run_tasks):
    warehouse.make_customers(3)
    warehouse.make_transactions(3)
    run_tasks(declared)
    warehouse.run(
        """update `@silver.unified_transactions`
        set transaction_date = date_sub(transaction_date, interval 90 day), original_net_revenue = 0 where true"""
    )
    assert run_tasks(declared)["in_destination"] == 3
    assert values(google) == {f"shopify:{i}": i + 0.5 for i in range(1, 4)}


def test_a_denied_consent_sends_nothing_and_withdraws_what_was_sent(warehouse, google, declared, run_tasks):
    warehouse.make_customers(3)
    warehouse.make_transactions(3)
    warehouse.run("update `@silver.customer_360` set ad_user_data = 'denied' where customer_id = 'c00000001'")
    run_tasks(declared)
    assert set(values(google)) == {"shopify:2", "shopify:3"}
    warehouse.run("update `@silver.customer_360` set ad_user_data = 'denied' where customer_id = 'c00000002'")
    run_tasks(declared)
    assert values(google) == {"shopify:2": 0, "shopify:3": 3.5}


def test_emptying_the_target_restates_all_conversions(warehouse, google, declared, run_tasks, sync):
    warehouse.make_customers(3)
    warehouse.make_transactions(3)
    run_tasks(declared)
    moved = sync("conversions_to", options={**declared.options, "conversion_action_id": "1"})
    run_tasks(moved, empty_sync=moved.name)
    assert set(values(google).values()) == {0}


def test_a_qualified_lead_is_worth_probability_times_value(warehouse, google, sync, run_tasks):
    declared = sync("qualified_leads", limits={"max_removed_percent": 100, "requests_per_second": 1000})
    action = declared.options["conversion_action_id"]
    warehouse.make_customers(12)
    warehouse.make_leads(12)
    leads = {i: f"00Q{i:015d}" for i in range(1, 13)}

    def set_lead(number: int, values: str) -> None:
        warehouse.run(f"update `@gold.lead_scores` set {values} where lead_id = '{leads[number]}'")

    set_lead(11, "qualification_status = 'mql'")
    set_lead(12, "expected_value = null")  # no deal is closed yet
    assert run_tasks(declared)["in_destination"] == 10
    held = google.conversions[action]
    assert {key: event["conversionValue"] for key, event in held.items()} == {leads[i]: i for i in range(1, 11)}
    event = held[leads[10]]
    assert event["adIdentifiers"] == {"gclid": f"gclid-{leads[10]}"}
    assert event["userData"]["userIdentifiers"][0] == {
        "emailAddress": sha256(f"lead{leads[10]}@example.com".lower().encode()).hexdigest()
    }
    assert (event["currency"], event["eventTimestamp"][10:]) == ("USD", "T00:00:00Z")
    # The probability rises, moves by less than a unit, the lead converts, or is disqualified.
    set_lead(1, "expected_value = 70")
    set_lead(2, "expected_value = 2.1")
    set_lead(3, "qualification_status = 'converted', is_converted = true")
    set_lead(4, "qualification_status = 'disqualified'")
    deliveries = google.deliveries
    assert run_tasks(declared)["in_destination"] == 9
    values = {key: event["conversionValue"] for key, event in google.conversions[action].items()}
    assert values == {leads[i]: i for i in range(1, 11)} | {leads[1]: 70, leads[4]: 0}
    assert google.deliveries == deliveries + 2


@pytest.fixture
def hook(google, declared):
    return GoogleConversionsHook(declared)


def conversion(key: str, **fields) -> Change:
    payload = {"eventTimestamp": "2026-11-26T10:00:00Z", "conversionValue": 1.5, "currency": "EUR", "gclid": "g"}
    return Change(key, "add", payload | fields, ad_consent=("granted", "unspecified"))


def test_who_cannot_be_matched_is_rejected_and_the_others_arrive(hook, google):
    outcomes = hook.send([conversion("t1"), conversion("t2", gclid=None)])
    assert {o.change.record_key: o.error_code for o in outcomes} == {"t1": None, "t2": "no_identifier"}
    assert set(values(google)) == {"t1"}


def test_an_event_that_google_refuses_is_named(hook, google):
    with pytest.raises(BatchRejectedError) as error:
        hook.send([conversion("t1", gclid=None), conversion("t2"), conversion("t3", currency="Euro")])
    assert list(error.value.rows) == [2]
    assert values(google) == {}
