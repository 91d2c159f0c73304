from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from martech.alerts.masking import REASON_LENGTH, safe_text
from martech.alerts.messages import (
    FIX_LENGTH,
    NO_EXCEPTION,
    NO_FIX,
    Alert,
    email_html,
    email_subject,
    failure_alert,
    message_of,
    pagerduty_event,
    slack_text,
)

DOC = """
### Build gold

It builds the marts.

**When it fails** open the red model's log,
correct it, then clear the red task.

**Owner** marketing-data
"""
LOG_2 = (
    "http://airflow/dags/build_gold/grid?dag_run_id=scheduled__2026-11-23T00%3A30%3A00%2B00%3A00&task_id=gold.x.run"
    "&base_date=2026-11-23T00%3A30%3A00&tab=logs"
)
RUN_2 = "http://airflow/dags/build_gold/grid?dag_run_id=scheduled__2026-11-23T00%3A30%3A00%2B00%3A00"
LOG_3 = "http://airflow/dags/build_gold/runs/run%201/tasks/gold.x.run?try_number=3"
RUN_3 = "http://airflow/dags/build_gold/runs/run%201"


def context_of(**overrides: Any) -> dict[str, Any]:
    task = {
        "dag_id": "build_gold",
        "task_id": "gold.x.run",
        "run_id": "run 1",
        "try_number": 3,
        "max_tries": 2,
        "map_index": -1,
        "log_url": LOG_3,
    }
    return {
        "ti": SimpleNamespace(**{**task, **overrides.pop("ti", {})}),
        "task": SimpleNamespace(owner="marketing-data"),
        "dag": SimpleNamespace(doc_md=DOC),
        "exception": AirflowException("Division by zero <x>\n\nin line 3 & 4"),
        **overrides,
    }


def test_reason_is_the_error_and_fix_is_the_dags_own() -> None:
    alert = failure_alert(context_of())
    assert alert == Alert(
        "build_gold failed in gold.x.run",
        "AirflowException: Division by zero <x>\nin line 3 & 4",
        "open the red model's log, correct it, then clear the red task.",
        "error",
    )


def test_error_of_many_lines_is_cut_to_the_first() -> None:
    alert = failure_alert(context_of(exception=ValueError("\n".join(f"line {n}" for n in range(50)))))
    assert alert.reason.splitlines() == ["ValueError: line 0", *(f"line {n}" for n in range(1, 5))]
    message = message_of(Alert("t", "x" * 5000, "y" * 5000), context_of())
    assert len(message.alert.reason) == REASON_LENGTH
    assert len(message.alert.fix) == FIX_LENGTH
    assert message.alert.fix.endswith("…")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, NO_EXCEPTION),
        ("", NO_EXCEPTION),
        # Airflow hands over a text where the scheduler found the task dead.
        ("Task got no heartbeat", "Task got no heartbeat"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
    ],
)
def test_tasks_that_end_without_an_exception_have_a_reason_too(error: Any, reason: str) -> None:
    assert failure_alert(context_of(exception=error)).reason == reason


@pytest.mark.parametrize("dag", [None, SimpleNamespace(doc_md=None), SimpleNamespace(doc_md="No such paragraph")])
def test_dag_without_a_text_has_a_fix_too(dag: Any) -> None:
    assert failure_alert(context_of(dag=dag)).fix == NO_FIX


def test_last_paragraph_is_found() -> None:
    assert failure_alert(context_of(dag=SimpleNamespace(doc_md="**When it fails** pray"))).fix == "pray"


@pytest.mark.parametrize(
    ("said", "safe"),
    [
        ("no user ann.lee@example.co.uk here", "no user [email] here"),
        ("call +49 (170) 123-4567 now", "call [number] now"),
        ("card 4111111111111111", "card [number]"),
        ("2026-11-23 has 0 rows, 2026-11-22T08:00:00+00:00 has 12,345,678", ...),
        ("scheduled__2026-11-23T00:30:00+00:00", ...),
        ("days 2026-11-23..2026-11-24", ...),
        ("12026-11-233", "[number]"),
        ("https://user:hunter2@host/path", "https://user:[email]"),
        ("password=hunter2; next", "password=***; next"),
        ('{"client_secret": "abc", "a": 1}', '{"client_secret": "***", "a": 1}'),
        ("api-key: k-1, Authorization: Bearer abcdefgh1234", "api-key: ***, Authorization: Bearer ***"),
        ("refresh_token=xyz&grant=1", "refresh_token=***&grant=1"),
        ("the token was refused", ...),
        ("POST https://hooks.slack.com/services/T01/B02/abcDEF: 404", "POST https://hooks.slack.com/*** 404"),
        ("https://discord.com/api/webhooks/12345678901/abc-DEF_x", "https://discord.com/***"),
        ("https://acme.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d", "https://acme.webhook.office.com/***"),
        ("https://events.pagerduty.com/integration/0123456789abcdef/enqueue", "https://events.pagerduty.com/***"),
        ("see https://chat.googleapis.com/v1/spaces/AAA/messages?key=k", "see https://chat.googleapis.com/***"),
        ("https://ci.example.com/webhook/s3cr3t?x=1 failed", "https://ci.example.com/webhook/*** failed"),
        ("invalid credentials ya29.a0AfH6SMBx_yz-123.q", "invalid credentials ya29.***"),
        ("manual__2026-11-23T10:00:00.123456+00:00_Ab12Cd34 is red", ...),
        ("asset_triggered__2026-11-23T10:00:00+00:00_12345678", ...),
        ("backfill__2026-11-23T00:00:00+00:00, inactive scheduled__2026-11-23T06:30:00+00:00", ...),
    ],
)
def test_masking(said: str, safe: Any) -> None:
    assert safe_text(said) == (said if safe is ... else safe)


def test_connection_passwords_that_airflow_knows_are_masked() -> None:
    from airflow.providers.common.compat.sdk import mask_secret  # noqa: PLC0415

    mask_secret("opensesame42")
    assert "opensesame42" not in safe_text("cannot log in with opensesame42")


def test_every_part_of_a_message_is_masked() -> None:
    message = message_of(Alert("a@b.com\nx", "b@b.com", "c@b.com"), context_of())
    for text in (slack_text(message), email_subject(message), email_html(message), str(pagerduty_event(message))):
        assert "@b.com" not in text
    assert message.alert.title == "[email] x"


@pytest.mark.parametrize(
    ("runbook", "linked"),
    [("https://github.com/acme/data/blob/main/docs/runbooks/ingest.md", True), ("docs/runbooks/ingest.md", False)],
)
def test_a_runbook_with_an_address_is_a_link(runbook: str, linked: bool) -> None:
    message = message_of(Alert("title", "reason", "fix"), context_of(), runbook=runbook)
    assert message.facts["Runbook"] == runbook
    assert (message.links.get("Runbook") == runbook) is linked


def test_facts_and_links() -> None:
    message = message_of(failure_alert(context_of()), context_of(), "2026-11-23")
    assert message.facts == {
        "DAG": "build_gold",
        "Task": "gold.x.run",
        "Run": "run 1",
        "Data days": "2026-11-23",
        "Try": "3 of 3",
        "Owner": "marketing-data",
    }
    assert message.links == {"Log": LOG_3, "DAG run": RUN_3}
    older = message_of(failure_alert(context_of()), context_of(ti={"log_url": LOG_2, "map_index": 0}))
    assert older.links == {"Log": LOG_2, "DAG run": RUN_2}
    assert older.facts["Task"] == "gold.x.run [0]"
    assert "Data days" not in older.facts


def test_scheduler_may_know_little_of_a_task() -> None:
    task = SimpleNamespace(dag_id="d", task_id="t", run_id="r")
    message = message_of(failure_alert({"ti": task}), {"ti": task})
    assert message.facts == {"DAG": "d", "Task": "t", "Run": "r"}
    assert message.links == {}
    assert NO_EXCEPTION in slack_text(message)


def test_same_task_of_a_run_is_one_incident() -> None:
    alert = failure_alert(context_of())
    key = message_of(alert, context_of()).key
    assert key == message_of(alert, context_of(ti={"try_number": 9})).key
    others = [
        message_of(alert, context_of(ti={"map_index": 1})).key,
        message_of(alert, context_of(ti={"run_id": "run 2"})).key,
        message_of(Alert("other", "r", "c"), context_of()).key,
    ]
    assert len({key, *others}) == 4
    assert len(key) <= 255  # PagerDuty's limit


def test_slack() -> None:
    alert = Alert("gold <failed>", "a ``` b & c", "**Clear** the task")
    assert slack_text(message_of(alert, context_of(), "2026-11-23")) == (
        ":red_circle: *gold &lt;failed&gt;*\n"
        "*Reason*\n```a ''' b &amp; c```\n"
        "*Fix* *Clear* the task\n"
        "*DAG* build_gold · *Task* gold.x.run · *Run* run 1 · *Data days* 2026-11-23 · *Try* 3 of 3"
        " · *Owner* marketing-data\n"
        f"<{LOG_3}|Log> · <{RUN_3}|DAG run>"
    )
    warning = Alert("t", "r", "c", "warning")
    assert slack_text(message_of(warning, context_of())).startswith(":large_yellow_circle: *t*")


def test_email() -> None:
    message = message_of(Alert("gold <failed>", "a & b", "<b>Clear</b>"), context_of(ti={"log_url": LOG_2}))
    assert email_subject(message) == "[error] gold <failed>"
    body = email_html(message)
    assert "<h3>gold &lt;failed&gt;</h3>" in body
    assert "<pre>a &amp; b</pre>" in body
    assert "&lt;b&gt;Clear&lt;/b&gt;" in body
    assert "<td>build_gold</td>" in body
    assert f"<a href='{RUN_2}'>DAG run</a>" in body
    assert "&amp;task_id=" in body


def test_pagerduty() -> None:
    message = message_of(failure_alert(context_of()), context_of(), "2026-11-23")
    event = pagerduty_event(message)
    assert event["summary"] == "build_gold failed in gold.x.run"
    assert event["severity"] == "error"
    assert (event["source"], event["component"]) == ("build_gold", "gold.x.run")
    assert event["dedup_key"] == message.key
    assert event["custom_details"]["reason"].startswith("AirflowException: Division by zero")
    assert event["custom_details"]["Data days"] == "2026-11-23"
    assert {"href": RUN_3, "text": "DAG run"} in event["links"]
