"""Where alerts go: to every channel that has an Airflow connection.

* Slack: ``slack_alerts`` (``MARKETING_ALERT_SLACK_CONN_ID``), type ``slackwebhook``, the incoming webhook's token;
* e-mail: ``smtp_alerts`` (``MARKETING_ALERT_SMTP_CONN_ID``), type ``smtp``, with the extras ``from_email`` and ``to``;
* PagerDuty: ``pagerduty_alerts`` (``MARKETING_ALERT_PAGERDUTY_CONN_ID``), type ``pagerduty_events``, the integration
  key; it gets errors only.

Every DAG file imports this module, so it imports no provider before there is something to send.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from martech.alerts.channels import TIMEOUT_SECONDS, connection_exists, post_to_slack, send_email, within_time
from martech.alerts.masking import safe_text
from martech.alerts.messages import (
    Alert,
    Message,
    email_html,
    email_subject,
    failure_alert,
    message_of,
    pagerduty_event,
    slack_text,
)
from martech.alerts.severity import Severity

from include.pipeline.windows import window_of

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)

# DAGs that are made by the dozen share a runbook.
FAMILIES = ("ingest", "activate")


def _send_to_slack(conn_id: str, message: Message) -> None:
    post_to_slack(conn_id, slack_text(message))


def _send_by_email(conn_id: str, message: Message) -> None:
    send_email(conn_id, email_subject(message), email_html(message))


def _send_to_pagerduty(conn_id: str, message: Message) -> None:
    if message.alert.severity != Severity.ERROR:
        return
    from airflow.providers.pagerduty.hooks.pagerduty_events import PagerdutyEventsHook  # noqa: PLC0415

    PagerdutyEventsHook(pagerduty_events_conn_id=conn_id).send_event(**pagerduty_event(message))


CHANNELS: dict[str, Callable[[str, Message], None]] = {
    "slack": _send_to_slack,
    "smtp": _send_by_email,
    "pagerduty": _send_to_pagerduty,
}


def _connection_id(channel: str) -> str:
    return os.environ.get(f"MARKETING_ALERT_{channel.upper()}_CONN_ID", f"{channel}_alerts")


def _window(context: Context) -> str:
    try:
        window = window_of(context)
    except Exception:
        return ""
    return str(window.start) if window.start == window.end else f"{window.start} to {window.end}"


def runbook_of(dag_id: str) -> str:
    """Return where the runbook of a DAG is: a URL where ``MARKETING_RUNBOOKS`` says where the folder is published.

    :param dag_id: id of the DAG.
    """
    family = dag_id.partition("_")[0]
    folder = os.environ.get("MARKETING_RUNBOOKS", "docs/runbooks").rstrip("/")
    return f"{folder}/{family if family in FAMILIES else dag_id}.md"


def send_alert(alert: Alert, context: Context) -> None:
    """Send an alert to every channel that is configured, and log it.

    Never raises: a channel that fails is logged, and the others still get the alert.

    :param alert: what to say.
    :param context: context of the task that says it.
    """
    try:
        message = message_of(alert, context, _window(context), runbook_of(context["ti"].dag_id))
    except Exception:
        log.exception("Alert %r could not be written.", safe_text(alert.title))
        return
    log.warning("Alert: %s. Reason: %s Fix: %s", message.alert.title, message.alert.reason, message.alert.fix)
    sent = []
    for channel, send in CHANNELS.items():
        conn_id = _connection_id(channel)
        try:
            if connection_exists(conn_id):
                within_time(TIMEOUT_SECONDS, send, conn_id, message)
                sent.append(channel)
        except Exception as error:
            # Without a traceback: it would hold the webhook's address.
            reason = safe_text(f"{type(error).__name__}: {error}")
            log.error("The alert could not be sent to %s (connection %s): %s", channel, conn_id, reason)
    if not sent:
        expected = ", ".join(map(_connection_id, CHANNELS))
        log.warning("The alert went to no channel. Connections that would take it: %s.", expected)


def alert_on_failure(context: Context) -> None:
    """Send the alert of a task that has failed for good: ``on_failure_callback`` of every task.

    :param context: the failed task's context, with its ``exception``.
    """
    try:
        alert = failure_alert(context)
    except Exception:
        log.exception("The alert of a failed task could not be written.")
        return
    send_alert(alert, context)
