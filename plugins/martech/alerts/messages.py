"""What an alert says, and how it looks in Slack, in an e-mail and in PagerDuty.

Nothing here sends anything or asks anything: an alert and a task's context go in, a text comes out.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martech.alerts.masking import safe_text
from martech.alerts.severity import Severity

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

REASON_LINES = 5
FIX_LENGTH = 1200
WHEN_IT_FAILS = re.compile(r"\*\*When it fails\*\*\s*(?P<fix>.+?)(?:\n\s*\n|\Z)", re.DOTALL)
NO_EXCEPTION = "The task ended without an error of its own: it was killed, or its worker was lost."
NO_FIX = "Open the log: its last lines say what went wrong. Clear the task once the cause is gone."


@dataclass(frozen=True)
class Alert:
    """Something a person should know.

    :param title: what has happened, in one line.
    :param reason: why; the first lines of an error.
    :param fix: what to do about it.
    :param severity: an error calls someone.
    """

    title: str
    reason: str
    fix: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class Message:
    """An alert together with the task it is about, free of secrets and personal data.

    :param facts: name to value, in the order in which they are shown.
    :param links: name to URL.
    :param key: the same for the same alert of the same task and run, so that PagerDuty opens one incident.
    """

    alert: Alert
    facts: Mapping[str, str]
    links: Mapping[str, str]
    key: str


def failure_alert(context: Context) -> Alert:
    """Return the alert of a failed task: its error is the reason, the DAG's text has the fix.

    :param context: the context that Airflow hands to ``on_failure_callback``.
    """
    task = context["ti"]
    error = context.get("exception")
    lines = [line for line in str(error or "").splitlines() if line.strip()][:REASON_LINES]
    name = f"{type(error).__name__}: " if isinstance(error, BaseException) else ""
    reason = name + "\n".join(lines) if name or lines else NO_EXCEPTION
    documented = WHEN_IT_FAILS.search(getattr(context.get("dag"), "doc_md", None) or "")
    fix = re.sub(r"\s*\n\s*", " ", documented["fix"].strip()) if documented else NO_FIX
    return Alert(f"{task.dag_id} failed in {task.task_id}", reason, fix)


def message_of(alert: Alert, context: Context, window: str = "", runbook: str = "") -> Message:
    """Return what is to be sent.

    :param alert: the alert.
    :param context: the task's context.
    :param window: the run's data days, such as ``2026-11-23``; left out if empty.
    :param runbook: path or URL of the DAG's runbook; left out if empty.
    """
    task = context["ti"]
    map_index = getattr(task, "map_index", None)
    is_mapped = map_index is not None and map_index >= 0
    tries = getattr(task, "max_tries", None)
    try_number = str(getattr(task, "try_number", ""))
    facts = {
        "DAG": task.dag_id,
        "Task": f"{task.task_id} [{map_index}]" if is_mapped else task.task_id,
        "Run": str(task.run_id),
        "Data days": window,
        "Try": f"{try_number} of {tries + 1}" if isinstance(tries, int) and try_number else try_number,
        "Owner": str(getattr(context.get("task"), "owner", "") or ""),
        "Runbook": runbook,
    }
    log = str(getattr(task, "log_url", "") or "")
    parts = (alert.title, task.dag_id, task.task_id, str(task.run_id), str(map_index))
    return Message(
        alert=Alert(
            title=safe_text(alert.title.strip().replace("\n", " "), 200),
            reason=safe_text(alert.reason.strip()),
            fix=safe_text(alert.fix.strip(), FIX_LENGTH),
            severity=alert.severity,
        ),
        facts={name: value for name, value in facts.items() if value},
        links={
            **({"Log": log, "DAG run": _run_url(log)} if log else {}),
            **({"Runbook": runbook} if runbook.startswith("https://") else {}),
        },
        key=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
    )


def _run_url(log_url: str) -> str:
    """Return the page of the DAG run that the log belongs to, on both Airflow lines."""
    without_task = log_url.partition("/tasks/")[0]
    return without_task.partition("&task_id=")[0]


def slack_escaped(text: str) -> str:
    """Return a text in which nothing is a mention, a link or a command of Slack's."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_text(message: Message) -> str:
    """Return the message in Slack's mrkdwn."""
    alert = message.alert
    sign = ":red_circle:" if alert.severity == Severity.ERROR else ":large_yellow_circle:"
    reason = slack_escaped(alert.reason).replace("```", "'''")
    # Markdown's **bold** is *bold* in Slack.
    fix = slack_escaped(alert.fix).replace("**", "*")
    facts = " · ".join(f"*{name}* {slack_escaped(value)}" for name, value in message.facts.items())
    links = " · ".join(f"<{slack_escaped(url)}|{name}>" for name, url in message.links.items())
    lines = [f"{sign} *{slack_escaped(alert.title)}*", f"*Reason*\n```{reason}```", f"*Fix* {fix}", facts, links]
    return "\n".join(line for line in lines if line)


def email_subject(message: Message) -> str:
    """Return the subject of the message's e-mail."""
    return f"[{message.alert.severity}] {message.alert.title}"


def email_html(message: Message) -> str:
    """Return the body of the message's e-mail."""
    alert = message.alert
    rows = "".join(
        f"<tr><th align='left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in message.facts.items()
    )
    links = " · ".join(f"<a href='{html.escape(url)}'>{html.escape(name)}</a>" for name, url in message.links.items())
    return (
        f"<h3>{html.escape(alert.title)}</h3>"
        f"<p><b>Reason</b></p><pre>{html.escape(alert.reason)}</pre>"
        f"<p><b>Fix</b> {html.escape(alert.fix)}</p>"
        f"<table>{rows}</table><p>{links}</p>"
    )


def pagerduty_event(message: Message) -> dict[str, Any]:
    """Return the arguments of ``PagerdutyEventsHook.send_event``."""
    alert = message.alert
    return {
        "summary": alert.title,
        "severity": alert.severity,
        "source": message.facts["DAG"],
        "component": message.facts["Task"],
        "dedup_key": message.key,
        "custom_details": {"reason": alert.reason, "fix": alert.fix, **message.facts},
        "links": [{"href": url, "text": name} for name, url in message.links.items()],
    }
