"""Salesforce, against a server that keeps its contract."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from martech.activation import engine
from martech.activation.changes import Change, FatalError
from martech.activation.delivery import Delivery
from martech.activation.hooks import salesforce as module
from martech.activation.hooks.salesforce import SalesforceHook

from tools.destinations.server import Faults

PAYLOAD = {
    "Lead_Score__c": 87.25,
    "Lead_Grade__c": "A",
    "Conversion_Probability__c": 0.5,
    "Sales_Readiness_Score__c": None,
    "Qualification_Status__c": "sql",
    "Recommended_Next_Action__c": 'Call, "today"',
}


def upsert(key: str, **fields) -> Change:
    """Return an upsert of a lead."""
    return Change(key, "add", PAYLOAD | fields)


@pytest.fixture
def hook(salesforce, sync):
    """Return a hook that leads to the local org."""
    return SalesforceHook(sync("lead_scores"))


def leads(server):
    return server.objects["Lead"].records


def test_upserts_up_to_200_records_in_one_request(hook, salesforce):
    changes = [upsert(f"00Q{i}") for i in range(200)]
    outcomes = hook.send(changes)
    assert [o.error_code for o in outcomes] == [None] * 200
    assert salesforce.requests["PATCH /services/data/v62.0/composite/sobjects/Lead/Marketing_Lead_Id__c"] == 1
    assert leads(salesforce)["00Q7"] | {"Id": None} == {"Id": None, **PAYLOAD}


def test_errors_of_single_records_come_back_under_http_200(hook, salesforce):
    salesforce.deleted.add("00Q2")
    outcomes = hook.send(
        [upsert("00Q1"), upsert("00Q2"), upsert("00Q3", Lead_Grade__c="Z"), upsert("00Q4", Lead_Score__c=1e6)]
    )
    assert [o.error_code for o in outcomes] == [
        None, "ENTITY_IS_DELETED", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "NUMBER_OUTSIDE_VALID_RANGE",
    ]  # fmt: skip
    assert set(leads(salesforce)) == {"00Q1"}


def test_a_locked_record_is_worth_another_try(hook, salesforce):
    salesforce.faults = Faults(rate=1.0, kinds=("row_locked",))
    outcomes = hook.send([upsert("00Q1"), upsert("00Q2")])
    assert [(o.error_code, o.retryable) for o in outcomes] == [("UNABLE_TO_LOCK_ROW", True), (None, False)]


def test_remove_empties_the_mapped_fields_and_never_creates(hook, salesforce):
    hook.send([upsert("00Q1")])
    outcomes = hook.send([Change("00Q1", "remove", {}), Change("00Q404", "remove", {})])
    assert [o.error_code for o in outcomes] == [None, None]
    assert set(leads(salesforce)) == {"00Q1"}
    assert all(value is None for name, value in leads(salesforce)["00Q1"].items() if name != "Id")


def test_a_quote_in_a_key_is_not_soql(hook, salesforce):
    key = "00Q') OR Name LIKE ('%"
    hook.send([upsert(key), upsert("00Q2")])
    hook.send([Change(key, "remove", {})])
    assert leads(salesforce)[key]["Lead_Score__c"] is None
    assert leads(salesforce)["00Q2"]["Lead_Score__c"] == 87.25


def test_above_2000_records_the_bulk_api_takes_over(hook, salesforce):
    assert hook.batch_size(2_000, removes=False) == 200
    assert hook.batch_size(2_001, removes=False) == 10_000
    assert hook.batch_size(2_001, removes=True) == 200
    changes = [upsert(f"00Q{i}", **({"Lead_Score__c": 1e6} if i == 3 else {})) for i in range(300)]
    outcomes = {o.change.record_key: o for o in hook.send(changes)}
    assert len(outcomes) == 300
    assert outcomes["00Q3"].error_code == "NUMBER_OUTSIDE_VALID_RANGE"
    assert leads(salesforce)["00Q299"] | {"Id": None} == {"Id": None, **PAYLOAD}
    assert len(salesforce.jobs) == 1


def test_a_job_of_a_killed_run_is_waited_for_or_aborted(hook, salesforce, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SalesforceHook, "_finished_job", killed)
        with pytest.raises(KeyboardInterrupt):
            hook.send([upsert(f"00Q{i}") for i in range(201)])
    assert not leads(salesforce)
    hook.prepare()
    assert [job.state for job in salesforce.jobs.values()] == ["JobComplete"]
    assert len(leads(salesforce)) == 201
    hook._call(
        "POST",
        "/jobs/ingest",
        json={"object": "Lead", "externalIdFieldName": "Marketing_Lead_Id__c", "operation": "upsert"},
    )
    hook.prepare()
    assert [job.state for job in salesforce.jobs.values()] == ["JobComplete", "Aborted"]


def test_a_score_reassigns_no_lead(hook, salesforce):
    hook.send([upsert("00Q1")])
    hook.send([upsert(f"00Q{i}") for i in range(201)])
    hook.send([Change("00Q1", "remove", {})])
    assert salesforce.reassigned == set()


def test_a_duplicate_rule_that_warns_is_overruled_where_it_is_declared(salesforce, sync):
    salesforce.duplicates = {"00Q1"}
    declared = sync("lead_scores")
    assert SalesforceHook(declared).send([upsert("00Q1")])[0].error_code == "DUPLICATES_DETECTED"
    allowing = replace(declared, options={**declared.options, "allow_duplicates": True})
    assert SalesforceHook(allowing).send([upsert("00Q1")])[0].error_code is None


TEXTS = ["a\rb", "a\r\nb", "a\nb", 'say "hi", then, go', "Grüße 😀 你好", "  x  ", "a\\nb", "=1+1", "#N/A"]


@pytest.mark.parametrize("count", [len(TEXTS), 201])
def test_any_text_arrives_as_it_is(hook, salesforce, count):
    texts = [TEXTS[i % len(TEXTS)] for i in range(count)]
    hook.send([upsert(f"00Q{i}", Recommended_Next_Action__c=text) for i, text in enumerate(texts)])
    assert [leads(salesforce)[f"00Q{i}"]["Recommended_Next_Action__c"] for i in range(count)] == texts


@pytest.mark.parametrize("count", [5, 201])
def test_an_empty_text_empties_the_field(hook, salesforce, count):
    hook.send([upsert(f"00Q{i}") for i in range(count)])
    hook.send([upsert(f"00Q{i}", Recommended_Next_Action__c="") for i in range(count)])
    assert {lead["Recommended_Next_Action__c"] for lead in leads(salesforce).values()} == {None}


def test_long_keys_are_looked_up_by_several_queries(hook, salesforce):
    keys = [f"{i:03d}{'ä' * 60}" for i in range(100)]
    hook.send([upsert(key) for key in keys])
    hook.send([Change(key, "remove", {}) for key in keys])
    assert {lead["Lead_Score__c"] for lead in leads(salesforce).values()} == {None}
    assert salesforce.requests["GET /services/data/v62.0/query"] > 1


def test_jobs_on_all_pages_are_waited_for(hook, salesforce):
    salesforce.jobs_per_page = 1
    job = {"object": "Lead", "externalIdFieldName": "Marketing_Lead_Id__c", "operation": "upsert"}
    for _ in range(3):
        hook._call("POST", "/jobs/ingest", json=job)
    hook.prepare()
    assert [job.state for job in salesforce.jobs.values()] == ["Aborted"] * 3


@pytest.mark.parametrize("count", [5, 201])
def test_records_can_be_updated_by_record_id(salesforce, sync, hook, count):
    hook.send([upsert(f"key {i}") for i in range(count)])
    declared = sync("lead_scores")
    by_id = SalesforceHook(replace(declared, options={"object": "Lead"}))
    ids = [lead["Id"] for lead in leads(salesforce).values()]
    outcomes = by_id.send([upsert(key, Lead_Score__c=1.5) for key in [*ids, "00Q999999999999999"]])
    assert {o.change.record_key: o.error_code for o in outcomes if o.error_code} == {
        "00Q999999999999999": "INVALID_CROSS_REFERENCE_KEY"
    }
    assert {lead["Lead_Score__c"] for lead in leads(salesforce).values()} == {1.5}
    removes = [Change(key, "remove", {}) for key in [*ids[:5], "00Q999999999999999"]]
    assert [o.error_code for o in by_id.send(removes)] == [None] * 6
    assert sum(lead["Lead_Score__c"] is None for lead in leads(salesforce).values()) == 5


def test_converted_leads_are_left_alone(warehouse, salesforce, sync, run_tasks):
    warehouse.make_leads(40)
    declared = sync("lead_scores", limits={"max_removed_percent": 100, "max_attempts": 1})
    warehouse.run("update `@gold.lead_scores` set is_converted = true where lead_id like '%1'")
    salesforce.converted = {f"00Q{i:015d}" for i in (1, 11, 21, 31)}
    assert run_tasks(declared)["sent"] == 36
    # Two more are converted: they keep their scores, and nobody asks for them to be changed or removed.
    warehouse.run("update `@gold.lead_scores` set is_converted = true, lead_score = 0 where lead_id like '%12'")
    salesforce.converted.add("00Q000000000000012")
    counts = run_tasks(declared)
    assert (counts["sent"], counts["removes"], counts["dead_letters"], counts["in_destination"]) == (0, 0, 0, 36)


def test_removes_that_are_throttled_hold_up_no_others(warehouse, salesforce, sync, run_tasks):
    warehouse.make_leads(2_200)
    # One request after the other: side by side, chance may throttle both attempts at the same two hundred.
    limits = {"max_removed_percent": 100, "max_attempts": 2, "requests_per_second": 1000, "concurrency": 1}
    declared = sync("lead_scores", limits=limits)
    run_tasks(declared)
    warehouse.run("update `@silver.unified_leads` set is_unsubscribed = true where true")
    salesforce.faults = Faults(rate=0.05, kinds=("throttled",), seed=7)
    run_tasks(declared)
    assert {lead["Lead_Score__c"] for lead in leads(salesforce).values()} == {None}
    assert salesforce.faulted["throttled"] == 2


def test_an_erased_lead_is_deleted_or_more_of_its_fields_are_emptied(salesforce, hook, sync):
    declared = sync("lead_scores")
    for key in ("00Q1", "00Q2", "00Q3"):
        hook.send([upsert(key, LastName="Meier", Company="Meier AG")])
    erase = [Change("00Q1", "remove", {}, is_erasure=True), Change("00Q404", "remove", {}, is_erasure=True)]
    deleting = SalesforceHook(replace(declared, options={**declared.options, "on_erasure": "delete"}))
    assert [o.error_code for o in deleting.send([*erase, Change("00Q2", "remove", {})])] == [None] * 3
    assert set(leads(salesforce)) == {"00Q2", "00Q3"}
    assert leads(salesforce)["00Q2"]["LastName"] == "Meier"
    emptying = SalesforceHook(
        replace(declared, options={**declared.options, "erasure_fields": ["Company", "LastName"]})
    )
    emptying.send([Change("00Q3", "remove", {}, is_erasure=True)])
    assert {leads(salesforce)["00Q3"][name] for name in ("Company", "LastName", "Lead_Score__c")} == {None}


def deliver(hook, changes):
    return Delivery(hook, max_attempts=2, stopped=threading.Event(), sleep=lambda _: None).deliver(changes)


@pytest.mark.parametrize(("count", "code"), [(5, "JSON_PARSER_ERROR"), (205, "INVALID_TYPE_ON_FIELD_IN_RECORD")])
def test_a_value_that_makes_the_request_fail_is_found(hook, salesforce, count, code):
    poison = {"Lead_Score__c": "n/a"}
    outcomes = deliver(hook, [upsert(f"00Q{i}", **(poison if i == 3 else {})) for i in range(count)])
    rejected = {o.change.record_key: o.error_code for o in outcomes if o.error_code}
    assert rejected == {"00Q3": code}
    assert len(leads(salesforce)) == count - 1


def test_an_expired_session_is_renewed(hook, salesforce):
    hook.send([upsert("00Q1")])
    salesforce.tokens.clear()
    assert hook.send([upsert("00Q2")])[0].error_code is None
    assert salesforce.requests["POST /services/oauth2/token"] == 2


def test_a_wrong_secret_names_the_connection_and_not_the_secret(salesforce, sync, monkeypatch):
    wrong = salesforce.connection() | {"password": "not-the-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(wrong))
    with pytest.raises(FatalError, match="connection salesforce_default") as error:
        SalesforceHook(sync("lead_scores")).send([upsert("00Q1")])
    assert "not-the-secret" not in str(error.value)


def test_a_field_that_the_org_does_not_have_ends_the_run(hook):
    with pytest.raises(FatalError, match=r"INVALID_FIELD.*Nope__c"):
        hook.send([upsert("00Q1", Nope__c=1)])


def test_a_sync_of_leads_end_to_end(warehouse, salesforce, sync):
    warehouse.make_leads(450)
    declared = sync("lead_scores")
    ledger = warehouse.ledger(declared)
    plan_id = engine.plan_sync(ledger, declared)
    engine.send_changes(ledger, declared, SalesforceHook(declared), plan_id)
    row = engine.report_sync(ledger, declared, plan_id, run_id="r", full_resync=False, dry_run=False)
    assert (row["status"], row["adds"], row["sent"], row["in_destination"]) == ("succeeded", 441, 441, 441)
    source = warehouse.run("select lead_id, lead_score from `@gold.lead_scores`")
    expected = {r["lead_id"]: r["lead_score"] for r in source if int(r["lead_id"][3:]) % 50}
    assert {key: record["Lead_Score__c"] for key, record in leads(salesforce).items()} == expected
    assert module.COLLECTION_RECORDS == 200


def test_health_reaches_the_contact_by_its_record_id(warehouse, salesforce, sync, run_tasks):
    warehouse.make_customers(55)
    run_tasks(sync("customer_health_to_salesforce"))
    contacts = salesforce.objects["Contact"].records
    assert len(contacts) == 54  # one has opted out
    assert contacts["003000000000000007"] == {
        "Id": "003000000000000007", "Health_Score__c": 54.33, "Health_Category__c": "healthy",
        "Churn_Risk_Score__c": 0.25, "Weakest_Health_Component__c": "recency",
        "Recommended_Actions__c": "Call; Offer a discount",
    }  # fmt: skip
