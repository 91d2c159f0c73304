"""Where a sync's records are: another target, another name and another mapping leave nobody behind."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from martech.activation.destinations import target_of

from tools.destinations.salesforce import SalesforceServer

AUDIENCE, OTHER = "8765432109", "1112223334"
LIMITS = {"max_removed_percent": 100, "requests_per_second": 1000}


def emails(google, audience: str) -> int:
    return sum(text.startswith("email") for text in google.audiences.get(audience, ()))


def scored(server) -> set[str]:
    records = server.objects["Lead"].records
    return {key for key, record in records.items() if record.get("Lead_Score__c") is not None}


def test_another_audience_stops_until_the_old_one_is_empty(warehouse, google, sync, run_tasks):
    warehouse.make_customers(20)
    old = sync("customers_to", limits=LIMITS)
    moved = replace(old, options={**old.options, "audience_id": OTHER})
    run_tasks(old)
    assert emails(google, AUDIENCE) == 20
    with pytest.raises(AirflowFailException, match=f"20 records are at google_data_manager 1234567890 {AUDIENCE}"):
        run_tasks(moved)
    assert emails(google, OTHER) == 0
    run_tasks(moved, empty_sync=moved.name)
    assert google.audiences[AUDIENCE] == set()
    run_tasks(moved)
    assert (emails(google, AUDIENCE), emails(google, OTHER)) == (0, 20)


def test_another_org_needs_a_connection_to_the_old_one(warehouse, salesforce, sync, run_tasks, monkeypatch):
    warehouse.make_leads(20)
    declared = sync("lead_scores", limits=LIMITS)
    run_tasks(declared)
    with SalesforceServer() as production:
        sandbox = salesforce.connection()
        connection = production.connection()
        connection["host"] = connection["host"].replace("127.0.0.1", "localhost")
        monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(connection))
        with pytest.raises(AirflowFailException, match="empty_sync"):
            run_tasks(declared)
        with pytest.raises(AirflowFailException, match="Make an Airflow connection to the old account"):
            run_tasks(declared, empty_sync=declared.name)
        monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_SANDBOX", json.dumps(sandbox))
        run_tasks(declared, empty_sync=declared.name, old_connection="salesforce_sandbox")
        assert scored(salesforce) == set()
        assert scored(production) == set()
        run_tasks(declared)
        assert len(scored(production)) == 20


def test_a_target_that_is_gone_is_forgotten(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(5)
    declared = sync("customer_health", limits=LIMITS)
    run_tasks(declared)
    braze.attributes.clear()
    moved = replace(declared, options={**declared.options, "workspace": "emea"})
    assert run_tasks(moved, forget_sync=moved.name)["adds"] == 5
    assert len(braze.attributes) == 5


def test_what_a_renamed_declaration_left_is_reported_and_removed_but_not_what_its_successor_holds(
    warehouse, salesforce, sync, run_tasks, caplog
):
    warehouse.make_leads(20)
    declared = sync("lead_scores", limits=LIMITS)
    run_tasks(replace(declared, name="lead_scores_before"))
    warehouse.run("delete from `@gold.lead_scores` where lead_id like '%3'")
    run_tasks(declared)  # knows nothing of the two leads that have left
    assert "lead_scores_before is no longer declared and holds 20 records at salesforce 127.0.0.1 Lead" in caplog.text
    with pytest.raises(AirflowFailException, match="is declared and writes to its target"):
        run_tasks(declared, empty_sync=declared.name)
    run_tasks(declared, empty_sync="lead_scores_before")
    assert scored(salesforce) == {f"00Q{i:015d}" for i in range(1, 21) if i % 10 != 3}
    assert {row["sync_name"] for row in warehouse.ops("state")} == {declared.name}


def test_what_a_renamed_audience_left_is_removed_but_not_shared_identifiers(warehouse, google, sync, run_tasks):
    warehouse.make_customers(20)
    declared = sync("customers_to", limits=LIMITS)
    run_tasks(replace(declared, name="customers_before"))
    warehouse.run("update `@silver.customer_360` set is_customer = false where customer_id like '%3'")
    run_tasks(declared)
    assert emails(google, AUDIENCE) == 20
    run_tasks(declared, empty_sync="customers_before")
    assert emails(google, AUDIENCE) == 18


def test_a_name_that_nobody_knows_is_refused(warehouse, salesforce, sync, run_tasks):
    with pytest.raises(AirflowFailException, match=r"No target of 'lead_scors' is known. Syncs .*: none"):
        run_tasks(sync("lead_scores"), empty_sync="lead_scors")


def test_a_field_that_is_no_longer_mapped_is_emptied(warehouse, braze, sync, run_tasks):
    warehouse.make_customers(5)
    declared = sync("customer_health", limits=LIMITS)
    run_tasks(declared)
    fewer = replace(declared, columns=tuple(c for c in declared.columns if c.to != "churn_risk_score"))
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000003'")
    run_tasks(fewer)
    assert braze.attributes["braze-3"] == {}
    assert "churn_risk_score" not in braze.attributes["braze-4"]
    assert braze.attributes["braze-4"]["health_category"] == "healthy"


@pytest.mark.parametrize("bulk_above", [1_000_000, 0])
def test_a_field_that_is_no_longer_mapped_is_emptied_where_it_still_exists(  # noqa: PLR0913, PLR0917 - fixtures
    warehouse, salesforce, sync, run_tasks, monkeypatch, bulk_above
):
    monkeypatch.setattr("martech.activation.hooks.salesforce.BULK_ABOVE_RECORDS", bulk_above)
    warehouse.make_leads(205)
    declared = sync("lead_scores", limits=LIMITS)
    run_tasks(declared)
    gone = {"Qualification_Status__c", "Recommended_Next_Action__c"}
    del salesforce.objects["Lead"].fields["Qualification_Status__c"]
    fewer = replace(declared, columns=tuple(c for c in declared.columns if c.to not in gone))
    assert run_tasks(fewer)["dead_letters"] == 0
    records = salesforce.objects["Lead"].records.values()
    assert {record["Recommended_Next_Action__c"] for record in records} == {None}
    assert None not in {record["Lead_Score__c"] for record in records}


def test_a_target_names_destination_account_and_list(salesforce, sync):
    assert target_of(sync("lead_scores")) == "salesforce 127.0.0.1 Lead Marketing_Lead_Id__c"
    assert target_of(sync("customers_to")) == f"google_data_manager 1234567890 {AUDIENCE}"


def test_one_record_can_be_sent_as_a_test(warehouse, salesforce, sync, run_tasks):
    warehouse.make_leads(20)
    declared = sync("lead_scores", limits=LIMITS)
    key = "00Q000000000000007"
    assert run_tasks(declared, only_key=key)["sent"] == 1
    assert scored(salesforce) == {key}
    assert run_tasks(declared)["sent"] == 19


def test_an_empty_source_raises_an_alert(warehouse, braze, sync, run_tasks, caplog):
    warehouse.make_customers(5)
    declared = sync("customer_health", limits=LIMITS)
    run_tasks(declared)
    assert "is empty" not in caplog.text
    warehouse.run("delete from `@gold.customer_health_scores` where true")
    run_tasks(declared)
    assert "gold.customer_health_scores is empty, 5 records are at braze users" in caplog.text
