"""Slack: a message per record by ``chat.postMessage``, each once."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, ClassVar

from martech.activation.api_client import json_of
from martech.activation.changes import (
    INTENTS_LIVE,
    BatchRejectedError,
    Change,
    FatalError,
    Outcome,
    TransientError,
)
from martech.activation.hooks.http_hook import HttpHook
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

# Slack takes one a second and channel; requests do not arrive as evenly as they leave.
MESSAGES_PER_SECOND = 0.9
READS, PER_SECONDS = 50, 60.0
MESSAGES_PER_PAGE = 200
REMOVES_PER_BATCH = 1_000
FIELD_CHARACTERS = 2_000
HEADING_CHARACTERS = 300
EVENT_TYPE = "activation"
# Our clock may be ahead of Slack's.
CLOCK_SKEW_SECONDS = 300.0
PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
OF_MESSAGE = {
    "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
    "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "cant_delete_message",
}  # fmt: skip
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class SlackHook(HttpHook):
    """Posts a message for each added record; what is changed or removed sends nothing.

    Slack has no idempotency key. Each message carries the id of its occurrence in its metadata, and before a message
    is posted that may have been posted already, by a request without an answer or by a run that died, the channel's
    history is searched for it. Messages about people who asked to be erased are deleted.

    The connection holds a bot token with the scopes ``chat:write`` and ``channels:history`` (``groups:history`` for a
    private channel) as ``password``; a ``host`` in it replaces the API's address.

    :param sync: the declaration; ``destination.channel`` is the channel's id.
    """

    conn_name_attr = "slack_conn_id"
    default_conn_name = "slack_default"
    hook_name = "Slack (activation)"
    by_occurrence: ClassVar[bool] = True
    target_options: ClassVar[tuple[str, ...]] = ("channel",)
    # Ids of channels are unique among workspaces: the address says enough.
    endpoint: ClassVar[str] = "https://slack.com"

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync)
        token = (self._connection.password or "").strip()
        self._channel = sync.options["channel"]
        self._mentions = sync.options.get("mentions", {})
        self._lock = threading.Lock()
        self._reads = RateLimit(READS, PER_SECONDS)
        # Time of the message by occurrence, as far as the history was read; None before the first look.
        self._posted: dict[str, str] | None = None
        # Time of the first attempt by occurrence, by our clock.
        self._attempted: dict[str, float] = {}
        self._api = self.api_client(
            "Slack", lambda _: {"Authorization": f"Bearer {token}"}, RateLimit.per_second(MESSAGES_PER_SECOND)
        )

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 1, the messages that a request may hold; removes send nothing and come 1,000 at a time."""
        return REMOVES_PER_BATCH if removes else 1

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Post a message for each change, and delete those about erased people; see ``Destination.send``."""
        if erased := {self._record(change) for change in changes if change.is_erasure}:
            self._delete_messages(erased)
        return [Outcome(c) if c.action == "remove" else Outcome(c, reference=self._post(c)) for c in changes]

    def _post(self, change: Change) -> str:
        """Return the time of a change's message, which Slack names it by; post it where it is not there yet."""
        occurrence = str(change.occurrence)
        if found := self._found(occurrence):
            return found
        return str(self._call("POST", "chat.postMessage", json=self._message(change))["ts"])

    def _found(self, occurrence: str) -> str | None:
        """Return the time of the message of an occurrence, None where there is none."""
        with self._lock:
            if self._posted is None:
                self._posted = self._occurrences(time.time() - INTENTS_LIVE.total_seconds())
        if attempted := self._attempted.get(occurrence):
            self._posted.update(self._occurrences(attempted - CLOCK_SKEW_SECONDS))
        self._attempted.setdefault(occurrence, time.time())
        return self._posted.get(occurrence)

    def _occurrences(self, oldest: float) -> dict[str, str]:
        return {payload["occurrence"]: ts for ts, payload in self._history(oldest)}

    def _history(self, oldest: float) -> list[tuple[str, dict[str, str]]]:
        """Return time and metadata of our messages in the channel.

        :param oldest: seconds since 1970 from which on.
        """
        ours: list[tuple[str, dict[str, str]]] = []
        cursor = ""
        while True:
            # A page is tried again, not the whole history: of many pages one fails each time.
            page = self.patiently(self._page, oldest, cursor)
            for message in page["messages"]:
                metadata = message.get("metadata", {})
                if metadata.get("event_type") == EVENT_TYPE:
                    ours.append((message["ts"], metadata["event_payload"]))
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return ours

    def _page(self, oldest: float, cursor: str) -> dict[str, Any]:
        self._reads.acquire()
        return self._call(
            "GET",
            "conversations.history",
            params={
                "channel": self._channel,
                "oldest": f"{oldest:.6f}",
                "limit": MESSAGES_PER_PAGE,
                "include_all_metadata": "true",
                **({"cursor": cursor} if cursor else {}),
            },
        )

    def _delete_messages(self, records: set[str]) -> None:
        """Delete all messages about records."""
        for ts, payload in self._history(0):
            if payload["record"] in records:
                self._call("POST", "chat.delete", gone="message_not_found", json={"channel": self._channel, "ts": ts})

    def _call(self, method: str, name: str, gone: str = "", **request: Any) -> dict[str, Any]:
        """Call a method of Slack's, which says in the body of HTTP 200 what went wrong.

        :param gone: an error that is as good as success.
        """
        answer: dict[str, Any] = json_of(self._api.call(method, f"/api/{name}", **request), "Slack")
        code = answer.get("error", "")
        if answer.get("ok") or (code and code == gone):
            return answer
        if code in PASSING:
            raise TransientError(f"Slack answered {code} to {name}.")
        if code in OF_MESSAGE:
            details = "; ".join(answer.get("response_metadata", {}).get("messages", []))
            raise BatchRejectedError(code, masked(details or f"Slack answered {code} to {name}."))
        raise FatalError(
            f"Slack answered {masked(str(code))} to {name}. Put a bot token with the scopes chat:write and "
            "channels:history (groups:history in a private channel) into the password of the Airflow connection "
            f"{self._sync.connection}, invite the app to channel {self._channel}, then clear the task."
        )

    def _record(self, change: Change) -> str:
        return sha256(f"{self._sync.name}|{change.record_key}".encode()).hexdigest()

    def _message(self, change: Change) -> dict[str, Any]:
        present = {
            column.to: str(change.payload[column.to])
            for column in self._sync.columns
            if change.payload.get(column.to) is not None
        }
        heading = escaped(self._sync.options["heading"], HEADING_CHARACTERS)
        title = ": ".join([heading, *(escaped(value, HEADING_CHARACTERS) for value in list(present.values())[:1])])
        fields = [
            {"type": "mrkdwn", "text": f"*{name.replace('_', ' ')}*\n{self._value(value)}"}
            for name, value in present.items()
        ]
        return {
            "channel": self._channel,
            # What notifications show.
            "text": title,
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": f"*{heading}*"}},
                *([{"type": "section", "fields": fields}] if fields else []),
            ],
            "metadata": {
                "event_type": EVENT_TYPE,
                "event_payload": {"occurrence": change.occurrence, "record": self._record(change)},
            },
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def _value(self, value: str) -> str:
        """Return a value as Slack shows it, a mention where the declaration says who it is."""
        if member := self._mentions.get(value):
            return f"<@{member}>"
        return escaped(value, FIELD_CHARACTERS - 100)  # room for the label


def escaped(text: str, length: int) -> str:
    """Return a text in which nothing is a mention, a link or a command of Slack's.

    :param length: longest result, in characters.
    """
    parts: list[str] = []
    left = length
    for character in text:
        part = ESCAPES.get(character, character)
        left -= len(part)
        if left < 1:
            return "".join(parts) + "…"
        parts.append(part)
    return "".join(parts)
