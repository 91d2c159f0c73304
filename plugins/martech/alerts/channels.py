"""Slack and e-mail by Airflow connections. The providers are imported when there is something to send."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

# A channel that doesn't answer must not hold the worker: PagerDuty's client waits without end when the answer is that
# there are too many events.
TIMEOUT_SECONDS = 30
# The Slack client logs the webhook's address, which is its password, when it tries again.
SILENT = logging.Logger("slack", level=logging.CRITICAL + 1)


class ChannelError(ValueError):
    """A channel's connection is incomplete; the message names the fix."""


def connection_exists(conn_id: str) -> bool:
    """Return whether there is an Airflow connection of this id."""
    try:
        BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return False
    return True


def post_to_slack(conn_id: str, text: str) -> None:
    """Post a text to the channel of an incoming webhook.

    :param conn_id: connection of type ``slackwebhook``.
    :param text: in Slack's mrkdwn, with :func:`~martech.alerts.messages.slack_escaped` where it comes from outside.
    """
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook  # noqa: PLC0415

    hook = SlackWebhookHook(slack_webhook_conn_id=conn_id, timeout=TIMEOUT_SECONDS, logger=SILENT)
    hook.send(text=text, unfurl_links=False)


def send_email(conn_id: str, subject: str, html: str) -> None:
    """Send an e-mail to the recipients that its connection names.

    :param conn_id: connection of type ``smtp`` with the extras ``from_email`` and ``to``.
    :param subject: its subject.
    :param html: its text.
    :raises ChannelError: where the connection names no recipients.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415

    to = BaseHook.get_connection(conn_id).extra_dejson.get("to")
    if not to:
        raise ChannelError(f"Connection {conn_id} names no recipients: add their addresses to its extras as 'to'.")
    with SmtpHook(smtp_conn_id=conn_id) as hook:
        hook.send_email_smtp(to=to, subject=subject, html_content=html)


def within_time(seconds: float, send: Callable[..., None], *arguments: Any) -> None:
    """Send, and give up after a time.

    :param seconds: the time.
    :param send: what sends.
    :param arguments: its arguments.
    :raises TimeoutError: where there was no answer; what still waits ends with the task.
    """
    errors: list[Exception] = []

    def attempt() -> None:
        try:
            send(*arguments)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=attempt, name="channel", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    if errors:
        raise errors[0]
