"""The page of a sync: what a run would change before it does, with no personal value in it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from martech.activation.operators import PlanSyncOperator, ReportSyncOperator, SendChangesOperator
from martech.activation.report import SyncPage, preview_of, render_page
from martech.activation.sync import Column

from include.pipeline.settings import settings
from tests.activation.warehouse import TaskInstance, table


@pytest.fixture
def declared(sync):
    columns = sync("customer_health").columns
    return sync("customer_health", columns=(*columns, Column("full_name", "full_name", pii="plain")))


@pytest.fixture
def run(declared, tmp_path):
    """Return a function that runs the sync and returns the text of its page and what went through XCom."""

    def run_tasks(**params: Any) -> tuple[str, str]:
        options = dict.fromkeys(("dry_run", "full_resync", "retry_dead_letters"), False) | {"confirm_removals": True}
        context: Any = {"params": options | params, "run_id": TaskInstance.run_id, "ti": TaskInstance()}
        common: dict[str, Any] = {"sync": declared, "table": table, "project_id": settings.project_id}
        context["ti"].plan_id = PlanSyncOperator(task_id="plan_sync", **common).execute(context)
        if not params.get("dry_run"):
            SendChangesOperator(task_id="send_changes", **common).execute(context)
        ReportSyncOperator(task_id="report_sync", report_uri=tmp_path.as_uri(), **common).execute(context)
        page = (tmp_path / "activation-customer_health_to_braze.html").read_text()
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))), str(context["ti"].pushed)

    return run_tasks


def test_a_dry_run_shows_what_a_run_would_change_and_a_run_what_it_did(warehouse, braze, declared, run):
    warehouse.make_customers(60)
    # One who has opted out, one whom Braze does not know, and one without a score.
    braze.profiles = {f"braze-{number}" for number in range(1, 61) if number != 2}
    warehouse.run("update `@gold.customer_health_scores` set health_score = null where customer_id = 'c00000003'")
    page, _ = run()
    (first,) = warehouse.ops("runs")
    counts = ("sent", "rejected", "unchanged", "held", "suppressed")
    assert [first[name] for name in counts] == [57, 2, 0, 0, 1]
    assert "no_profile 1" in page
    assert "required_field_missing 1" in page
    warehouse.run(
        """update `@gold.customer_health_scores` set health_score = 1.5, full_name = 'Bert Example'
        where customer_id = 'c00000001'"""
    )
    warehouse.run("update `@silver.customer_360` set is_unsubscribed = true where customer_id = 'c00000004'")
    page, xcom = run(dry_run=True)
    assert "What a run would change" in page
    masked = r"• ?[0-9a-f]{8}"
    assert re.search(rf"change 1 …ze-1 health_score 79\.19 1\.5 full_name {masked} {masked} ", page)
    assert re.search(rf"remove 1 …ze-4 .*full_name {masked} – ", page)
    assert "held 2" in page
    assert "suppressed 1" in page
    before, after = re.search(rf"full_name ({masked}) ({masked}) ", page).groups()
    assert before != after
    run()
    runs = sorted(warehouse.ops("runs"), key=lambda row: row["finished_at"])
    assert [(row["status"], row["unchanged"], row["held"], row["suppressed"]) for row in runs[1:]] == [
        ("dry_run", 55, 2, 1),
        ("succeeded_with_rejects", 55, 2, 1),
    ]
    for text in (page, xcom, str(warehouse.ops("state"))):
        assert "Bert" not in text
        assert "O'Neil" not in text
    assert not re.search(r"Example\.com|braze-\d", page)


def test_a_page_has_no_script_and_escapes_what_destinations_say(sync):
    run = dict.fromkeys(
        ("adds", "changes", "removes", "rejects", "sent", "rejected", "pending", "in_destination", "dead_letters"), 0
    ) | {"unchanged": None, "held": None, "suppressed": None, "status": "failed", "run_id": "r", "finished_at": "now"}
    now = datetime(2026, 11, 27, tzinfo=UTC)
    rejects = [{"error_code": "E", "records": 1, "since": now, "message": "<b>bad</b>"}]
    requests = [
        {"recorded_at": now, "records": 30, "match_rate": "51_TO_60", "error_code": None, "error_message": None}
    ]
    history = [{"day": now.date(), "in_destination": 30}]
    page = render_page(SyncPage(sync("customers_to"), run, [], rejects, requests, history))
    assert "&lt;b&gt;bad&lt;/b&gt;" in page
    assert "51 to 60" in page
    assert "Nothing was compared" in page
    assert not re.findall(r"<script|(?:src|href)\s*=|url\(|@import", page)


def test_what_was_sent_before_values_were_kept_is_a_question_mark():
    found = {
        "key": "00Q1234",
        "reject_reason": None,
        "changed_fields": "b",
        "known_shown": None,
        "shown": json.dumps({"a": 1, "b": 2}),
    }
    text = json.dumps(found)
    (part,) = preview_of([{"action": "change", "records": 1, "samples": [text]}])
    assert part["samples"] == [{"key": "…1234", "reason": None, "fields": [["b", "?", "2"]]}]
    assert preview_of([{"action": "suppressed", "records": 3, "samples": [text]}])[0]["samples"] == []
