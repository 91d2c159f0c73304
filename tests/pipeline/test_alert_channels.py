"""Real requests of the real providers to servers on this machine."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pagerduty
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from martech.alerts.messages import Alert

from include.pipeline import alert_channels
from include.pipeline.alert_channels import alert_on_failure, runbook_of, send_alert
from tests.channels import Channels, Server, answering, look_in_environment, serving, taking_mail

ALERT = Alert("gold is late", "silver has no rows of 2026-11-23", "Look at build_silver")
WARNING = Alert("costs rise", "twice last week's", "Look at watch_costs", severity="warning")


@pytest.fixture
def slack() -> Iterator[Server]:
    state = Server()
    yield from serving(answering(state), state)


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """PagerDuty's end of the line: its client insists on TLS, and its address is not an option of the connection."""
    certificate = tmp_path / "localhost.pem"
    certificate.write_bytes(self_signed())
    state = Server(status=202)
    server = answering(state)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = property(lambda _: f"https://localhost:{state.port}")
    monkeypatch.setattr(pagerduty.EventsApiV2Client, "default_base_url", address)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield from serving(server, state)


def self_signed() -> bytes:
    """Return a key and a certificate of localhost, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def smtp() -> Iterator[Server]:
    state = Server()
    yield from serving(taking_mail(state), state)


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> Channels:
    return Channels(monkeypatch)


@pytest.fixture(autouse=True)
def _no_metadata_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look connections up in the environment only: these tests have no metadata database."""
    look_in_environment(monkeypatch)


@pytest.fixture
def context() -> dict[str, Any]:
    run = SimpleNamespace(data_interval_start=None, data_interval_end=None, logical_date=None, run_after=None)
    task = SimpleNamespace(
        xcom_pull=lambda task_ids: None,  # nothing has chosen days
        dag_id="build_gold",
        task_id="gold.x.run",
        run_id="r1",
        try_number=3,
        max_tries=2,
        map_index=-1,
        log_url="http://airflow/dags/build_gold/runs/r1/tasks/gold.x.run?try_number=3",
    )
    return {
        "ti": task,
        "dag_run": run,
        "params": {"start_date": "2026-11-22", "end_date": "2026-11-23"},
        "task": SimpleNamespace(owner="marketing-data"),
        "dag": SimpleNamespace(doc_md="**When it fails** clear it.\n"),
    }


def test_slack_gets_the_message(slack: Server, channels: Channels, context: dict[str, Any]) -> None:
    channels.slack(slack.port)
    send_alert(ALERT, context)
    [(path, body)] = slack.requests
    assert path == "/slack/T0/B0/s3cr3tt0ken"
    assert body["text"].startswith(":red_circle: *gold is late*")
    assert "*Data days* 2026-11-22 to 2026-11-23" in body["text"]
    assert "*Runbook* docs/runbooks/build_gold.md" in body["text"]
    assert "<http://airflow/dags/build_gold/runs/r1|DAG run>" in body["text"]


def test_slack_connection_has_a_name_of_ones_own(
    slack: Server, channels: Channels, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETING_ALERT_SLACK_CONN_ID", "slack_oncall")
    channels.slack(slack.port, "slack_oncall")
    send_alert(WARNING, context)
    assert slack.requests[0][1]["text"].startswith(":large_yellow_circle: *costs rise*")


def test_email_reaches_all_recipients(smtp: Server, channels: Channels, context: dict[str, Any]) -> None:
    channels.smtp(smtp.port, to="oncall@example.com,lead@example.com")
    send_alert(ALERT, context)
    [(recipients, email)] = smtp.emails
    assert recipients == ["oncall@example.com", "lead@example.com"]
    assert (email["Subject"], email["From"]) == ("[error] gold is late", "airflow@example.com")
    body = email.get_payload(0).get_payload(decode=True).decode()
    assert "<pre>silver has no rows of 2026-11-23</pre>" in body


def test_pagerduty_gets_errors_only(events: Server, channels: Channels, context: dict[str, Any]) -> None:
    channels.pagerduty()
    send_alert(WARNING, context)
    assert events.requests == []
    send_alert(ALERT, context)
    [(path, body)] = events.requests
    assert path == "/v2/enqueue"
    assert (body["event_action"], body["routing_key"]) == ("trigger", "r0utingk3y")
    assert body["payload"]["summary"] == "gold is late"
    assert body["payload"]["custom_details"]["fix"] == "Look at build_silver"
    assert len(body["dedup_key"]) == 64


def test_failed_task_alerts_once_on_every_channel(
    slack: Server, smtp: Server, events: Server, channels: Channels, context: dict[str, Any]
) -> None:
    channels.slack(slack.port)
    channels.smtp(smtp.port, to="oncall@example.com")
    channels.pagerduty()
    alert_on_failure({**context, "exception": ValueError("row of ann@example.com: bad")})
    assert [len(slack.requests), len(smtp.emails), len(events.requests)] == [1, 1, 1]
    text = slack.requests[0][1]["text"]
    assert "ValueError: row of [email]: bad" in text
    assert "*Fix* clear it." in text


def test_dead_channels_raise_nothing_and_hide_their_secrets(
    events: Server, channels: Channels, context: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    channels.slack(1)  # nothing listens there
    channels.smtp(1)  # and nobody is to be told
    channels.pagerduty()
    events.status = 400
    with caplog.at_level(logging.INFO):
        send_alert(ALERT, context)
    failures = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [failure.partition(": ")[0] for failure in failures] == [
        "The alert could not be sent to slack (connection slack_alerts)",
        "The alert could not be sent to smtp (connection smtp_alerts)",
        "The alert could not be sent to pagerduty (connection pagerduty_alerts)",
    ]
    assert "names no recipients: add their addresses" in failures[1]
    assert "400" in failures[2]
    assert "s3cr3t" not in caplog.text
    assert "r0utingk3y" not in caplog.text


def test_channel_that_never_ends_is_left(
    events: Server, channels: Channels, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(alert_channels, "TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(pagerduty.EventsApiV2Client, "sleep_timer", 0.2)
    channels.pagerduty()
    events.status = 429  # too many events: the client would try again forever
    send_alert(ALERT, context)
    assert "(connection pagerduty_alerts): TimeoutError: no answer within 1 seconds" in caplog.text
    events.status = 202
    for thread in threading.enumerate():
        if thread.name.startswith("alert to "):
            thread.join()


def test_a_dead_channel_spares_the_others(smtp: Server, channels: Channels, context: dict[str, Any]) -> None:
    channels.slack(1)
    channels.smtp(smtp.port, to="oncall@example.com")
    send_alert(ALERT, context)
    assert len(smtp.emails) == 1


def test_without_channels_the_alert_is_logged(context: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="include.pipeline.alert_channels"):
        send_alert(ALERT, context)
    assert "gold is late" in caplog.text
    assert "Connections that would take it: slack_alerts, smtp_alerts, pagerduty_alerts." in caplog.text


@pytest.mark.parametrize("broken", [{}, {"ti": None}, {"ti": SimpleNamespace()}])
def test_context_that_cannot_be_read_raises_nothing(broken: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="include.pipeline.alert_channels"):
        alert_on_failure(broken)
        send_alert(ALERT, broken)
    assert len(caplog.records) == 2


def test_runbooks_are_found_where_they_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runbook_of("watch_deadlines") == "docs/runbooks/watch_deadlines.md"
    monkeypatch.setenv("MARKETING_RUNBOOKS", "https://example.com/runbooks/")
    assert runbook_of("ingest_google_ads") == "https://example.com/runbooks/ingest.md"
    assert runbook_of("activate_x_to_y") == "https://example.com/runbooks/activate.md"
