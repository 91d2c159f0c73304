"""Records that a destination refuses: removals and transient rejections are tried again, and a run says so."""

from __future__ import annotations

from functools import partial

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException


@pytest.fixture
def run_dag(run_tasks, sync):
    """Return a function that runs the three tasks of the leads' sync and returns the counts of the report."""
    return partial(run_tasks, sync("lead_scores", limits={"max_removed_percent": 100, "max_attempts": 1}))


def statuses(warehouse):
    return [row["status"] for row in sorted(warehouse.ops("runs"), key=lambda row: row["finished_at"])]


def test_opted_out_leads_lose_their_scores_once_the_lock_is_gone(warehouse, salesforce, run_dag):
    warehouse.make_leads(40)
    run_dag()
    out = [f"00Q{number:015d}" for number in (7, 17, 27)]
    ids = ", ".join(f"'{key}'" for key in out)
    warehouse.run(f"update `@silver.unified_leads` set is_unsubscribed = true where lead_id in ({ids})")
    salesforce.refused = dict.fromkeys(out, "UNABLE_TO_LOCK_ROW") | {out[0]: "INSUFFICIENT_ACCESS_OR_READONLY"}
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="still holds 3 records that must not be there"):
            run_dag()
    salesforce.refused = {}
    assert run_dag()["open_removals"] == 0
    records = salesforce.objects["Lead"].records
    assert [key for key, record in records.items() if record["Lead_Score__c"] is None] == out
    assert statuses(warehouse) == ["succeeded", "removals_open", "removals_open", "succeeded"]


def test_locked_records_are_sent_by_the_next_run_and_refused_ones_wait(warehouse, salesforce, run_dag):
    warehouse.make_leads(40)
    locked, forbidden = "00Q000000000000003", "00Q000000000000004"
    salesforce.refused = {locked: "UNABLE_TO_LOCK_ROW", forbidden: "INSUFFICIENT_ACCESS_OR_READONLY"}
    assert run_dag()["rejected"] == 2
    transient = {row["record_key"]: row["is_transient"] for row in warehouse.ops("dead_letters")}
    assert transient == {locked: True, forbidden: False}
    salesforce.refused = {}
    counts = run_dag()
    assert (counts["sent"], counts["dead_letters"]) == (1, 1)
    assert forbidden not in salesforce.objects["Lead"].records
    assert statuses(warehouse) == ["succeeded_with_rejects", "succeeded_with_rejects"]
    run_dag(retry_dead_letters=True)
    assert statuses(warehouse)[-1] == "succeeded"


def test_a_destination_that_refuses_everything_fails_the_run_and_the_next_ones(warehouse, salesforce, run_dag):
    warehouse.make_leads(30)
    salesforce.refused = {f"00Q{number:015d}": "INSUFFICIENT_ACCESS_OR_READONLY" for number in range(31)}
    for _ in range(2):  # nothing is sent by the second run, and still nothing has arrived
        with pytest.raises(AirflowFailException, match=r"more than limits.max_rejected_percent \(10\)"):
            run_dag()
    assert statuses(warehouse) == ["too_many_rejects", "too_many_rejects"]
    salesforce.refused = {}
    assert run_dag(retry_dead_letters=True)["dead_letters"] == 0
    assert statuses(warehouse)[-1] == "succeeded"
