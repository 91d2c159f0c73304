"""10,000 records, a fifth of all requests failing in every way, the worker killed twice: nothing lost."""

from __future__ import annotations

import signal
from hashlib import sha256

import pytest

from tests.activation import worker
from tools.destinations.server import FAULTS, Faults

RECORDS = 10_000
SESSIONLESS = tuple(kind for kind in FAULTS if kind not in ("expired_session", "row_locked"))


@pytest.fixture(scope="module")
def workers(bigquery_client):
    """Return what makes workers; it starts where the embedded warehouse is there."""
    return worker.ready()


@pytest.fixture
def work(tmp_path, workers):
    """Return a function that runs the worker until it is done, dying as often as it is told to."""

    def run(sync: str, *, deaths: tuple[int, ...] = (), **options) -> None:
        plan_file = tmp_path / f"plan-{len(list(tmp_path.iterdir()))}"
        for death in (*deaths, 0):
            code, words = worker.live(workers, worker.Task(sync, plan_file, die_before_record=death, **options))
            assert code == (-signal.SIGKILL if death else 0), words

    return run


def faults(seed: int, kinds: tuple[str, ...] = FAULTS) -> Faults:
    """A fifth of all requests fails."""
    return Faults(rate=0.2, kinds=kinds, hang_seconds=worker.HANG_SECONDS, seed=seed)


def assert_settled(warehouse, records: int) -> None:
    """Assert that nothing is left to be sent and the state holds all records."""
    assert warehouse.ops("outbox") == []
    assert warehouse.ops("dead_letters") == []
    assert len(warehouse.ops("state")) == records


def granted_leads(warehouse) -> dict[str, float]:
    rows = warehouse.run(
        """select lead_id, lead_score from `@gold.lead_scores`
        inner join `@silver.unified_leads` using (lead_id) where not is_unsubscribed"""
    )
    return {row["lead_id"]: row["lead_score"] for row in rows}


@pytest.mark.parametrize("api", ["collections", "bulk"])
def test_salesforce_ends_equal_to_the_source(warehouse, salesforce, work, api):
    bulk_above = 2_000 if api == "bulk" else 1_000_000
    warehouse.make_leads(RECORDS)
    salesforce.faults = faults(seed=1)
    work("lead_scores_to_salesforce", bulk_above=bulk_above, deaths=(1, 2))

    def held() -> dict[str, float]:
        records = salesforce.objects["Lead"].records
        return {key: r["Lead_Score__c"] for key, r in records.items() if r["Lead_Score__c"] is not None}

    assert held() == granted_leads(warehouse)
    assert_settled(warehouse, 9_800)
    assert salesforce.repeats > 0  # the killed batches did arrive, and arrived again

    # The next day: a few changes, people who left, people who opted out. Only those travel.
    salesforce.deliveries = salesforce.repeats = 0
    salesforce.faults = faults(seed=2)
    warehouse.run("update `@gold.lead_scores` set lead_score = 99 where lead_grade = 'B'")
    warehouse.run("delete from `@gold.lead_scores` where lead_grade = 'C' and lead_score > 50")
    warehouse.run("update `@silver.unified_leads` set is_unsubscribed = true where lead_id like '%77'")
    work("lead_scores_to_salesforce", bulk_above=bulk_above, deaths=(1,))
    assert held() == granted_leads(warehouse)
    assert_settled(warehouse, len(granted_leads(warehouse)))
    assert set(salesforce.faulted) == set(FAULTS)


def test_braze_ends_equal_to_the_source(warehouse, braze, work):
    warehouse.make_customers(RECORDS)
    braze.faults = faults(seed=3, kinds=SESSIONLESS)
    work("customer_health_to_braze", deaths=(1, 2))
    rows = warehouse.run(
        """select braze_user_id, health_score from `@gold.customer_health_scores`
        inner join `@silver.customer_360` using (customer_id) where not is_unsubscribed"""
    )
    assert {key: held["health_score"] for key, held in braze.attributes.items()} == {
        row["braze_user_id"]: row["health_score"] for row in rows
    }
    assert_settled(warehouse, 9_800)
    assert set(braze.faulted) == set(SESSIONLESS)


def test_google_ends_equal_to_the_source(warehouse, google, work):
    warehouse.make_customers(RECORDS)
    google.faults = faults(seed=4, kinds=(*SESSIONLESS, "expired_session"))
    google.processing_seconds = 0.5
    work("customers_to_google_ads", deaths=(1, 2))
    rows = warehouse.run("select lower(email) as email from `@silver.customer_360` where not is_unsubscribed")
    emails = {f"emailAddress:{sha256(row['email'].encode()).hexdigest()}" for row in rows}
    held = google.audiences["8765432109"]
    assert {text for text in held if text.startswith("email")} == emails
    assert_settled(warehouse, 9_800)

    # People who opt out or are deleted are gone, however often the worker dies.
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id like '%3'")
    warehouse.run("delete from `@silver.customer_360` where customer_id like '%4'")
    work("customers_to_google_ads", deaths=(1,))
    rows = warehouse.run("select lower(email) as email from `@silver.customer_360` where not is_unsubscribed")
    emails = {f"emailAddress:{sha256(row['email'].encode()).hexdigest()}" for row in rows}
    held = google.audiences["8765432109"]
    assert {text for text in held if text.startswith("email")} == emails
    assert_settled(warehouse, len(emails))


def test_conversions_end_equal_to_the_source(warehouse, google, work):
    warehouse.make_customers(RECORDS)
    warehouse.make_transactions(RECORDS)
    google.faults = faults(seed=5, kinds=(*SESSIONLESS, "expired_session"))
    work("conversions_to_google_ads", deaths=(1, 2))
    rows = warehouse.run(
        """select transaction_id, original_net_revenue as value from `@silver.unified_transactions`
        inner join `@silver.customer_360` using (customer_id) where not is_unsubscribed"""
    )
    held = google.conversions["7654321098"]
    assert {key: event["conversionValue"] for key, event in held.items()} == {
        row["transaction_id"]: float(row["value"]) for row in rows
    }
    assert_settled(warehouse, len(rows))


def test_slack_tells_of_each_customer_once(warehouse, slack, work):
    """A message is posted again only where a search of the channel does not find it."""
    warehouse.make_customers(RECORDS)
    warehouse.run("update `@gold.customer_health_scores` set health_category = 'critical' where true")
    slack.faults = faults(seed=6, kinds=SESSIONLESS)
    work("critical_customers_to_slack", deaths=(1, 2))
    assert len({message["text"] for message in slack.messages}) == RECORDS
    assert (slack.deliveries, slack.repeats) == (RECORDS, 0)
    assert_settled(warehouse, RECORDS)
    assert set(slack.faulted) == set(SESSIONLESS)


def test_a_webhook_tells_of_each_customer_once(warehouse, webhook, work):
    """A record may be delivered again; its id is the one that the receiver has applied."""
    warehouse.make_customers(RECORDS)
    webhook.faults = faults(seed=7, kinds=SESSIONLESS)
    work("customer_health_to_webhook", mode="notify", deaths=(1, 2))
    rows = warehouse.run(
        """select customer_id, health_score from `@gold.customer_health_scores`
        inner join `@silver.customer_360` using (customer_id) where not is_unsubscribed"""
    )
    held = webhook.records["/customers/health"]
    assert {key: fields["health_score"] for key, fields in held.items()} == {
        row["customer_id"]: row["health_score"] for row in rows
    }
    assert len(webhook.applied) == len(rows)
    assert webhook.repeats > 0  # the killed batches did arrive, and arrived again
    assert_settled(warehouse, len(rows))
    assert set(webhook.faulted) == set(SESSIONLESS)
