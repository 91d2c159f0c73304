"""Slack: a message per record, or one for all of a run, by ``chat.postMessage``; each record once."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from martech.activation.api_client import json_of
from martech.activation.batching import batches
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
# A message has 50 blocks at most: its heading, and one for each record.
RECORDS_PER_DIGEST = 49
# A block's text has 3,000: up to 10 values with their labels.
DIGEST_VALUE_CHARACTERS = 200
EVENT_TYPE = "activation"
# Parts the ids of record and occurrence in the id of a digest's block; Slack takes 255 characters.
SEPARATOR = "."
# Our clock may be ahead of Slack's.
CLOCK_SKEW_SECONDS = 300.0
PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
OF_MESSAGE = {
    "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
    "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "cant_delete_message",
}  # fmt: skip
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class SlackHook(HttpHook):
    """Posts a message for each added record, or one for all; what is changed or removed sends nothing.

    Slack has no idempotency key. Each message carries the id of its occurrence in its metadata, and before a message
    is posted that may have been posted already, by a request without an answer or by a run that died, the channel's
    history is searched for it. A digest carries the ids of its records in those of its blocks. Messages about people
    who asked to be erased are deleted; a digest loses their block.

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
        self._records_per_message = RECORDS_PER_DIGEST if sync.options.get("digest") else 1
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
        """Return how many records a message may hold; removes send nothing and come 1,000 at a time."""
        return REMOVES_PER_BATCH if removes else self._records_per_message

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Post what is added, and take back what is said of erased people; see ``Destination.send``."""
        if erased := {self._record(change) for change in changes if change.is_erasure}:
            self._unsay(erased)
        told = self._post([change for change in changes if change.action != "remove"])
        return [Outcome(change, reference=told.get(str(change.occurrence))) for change in changes]

    def _post(self, changes: Sequence[Change]) -> dict[str, str]:
        """Return the time of the message, which Slack names it by, by occurrence; post what is not there yet."""
        told = self._found([str(change.occurrence) for change in changes]) if changes else {}
        missing = [change for change in changes if change.occurrence not in told]
        for together in batches(missing, self._records_per_message):
            ts = str(self._call("POST", "chat.postMessage", json=self._message(together))["ts"])
            told |= {str(change.occurrence): ts for change in together}
        return told

    def _found(self, occurrences: Sequence[str]) -> dict[str, str]:
        """Return the times of messages by occurrence, of those that there are."""
        with self._lock:
            if self._posted is None:
                self._posted = self._occurrences(time.time() - INTENTS_LIVE.total_seconds())
        if attempted := [self._attempted[name] for name in occurrences if name in self._attempted]:
            self._posted.update(self._occurrences(min(attempted) - CLOCK_SKEW_SECONDS))
        for name in occurrences:
            self._attempted.setdefault(name, time.time())
        return {name: self._posted[name] for name in occurrences if name in self._posted}

    def _occurrences(self, oldest: float) -> dict[str, str]:
        return {occurrence: message["ts"] for message in self._history(oldest) for _, occurrence in _tells_of(message)}

    def _history(self, oldest: float) -> list[dict[str, Any]]:
        """Return our messages in the channel.

        :param oldest: seconds since 1970 from which on.
        """
        ours: list[dict[str, Any]] = []
        cursor = ""
        while True:
            # A page is tried again, not the whole history: of many pages one fails each time.
            page = self.patiently(self._page, oldest, cursor)
            ours += [m for m in page["messages"] if m.get("metadata", {}).get("event_type") == EVENT_TYPE]
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

    def _unsay(self, records: set[str]) -> None:
        """Delete what is said about records: of a digest their blocks, if others have some too."""
        for message in self._history(0):
            about = {record for record, _ in _tells_of(message)}
            named = {"channel": self._channel, "ts": message["ts"]}
            if about and about <= records:
                self._call("POST", "chat.delete", gone="message_not_found", json=named)
            elif about & records:
                blocks = [b for b in message["blocks"] if b.get("block_id", "").partition(SEPARATOR)[0] not in records]
                rest = {"text": message["text"], "blocks": blocks}
                self._call("POST", "chat.update", gone="message_not_found", json=named | rest)

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

    def _message(self, changes: Sequence[Change]) -> dict[str, Any]:
        text, blocks, tells_of = self._one(changes[0]) if self._records_per_message == 1 else self._digest(changes)
        return {
            "channel": self._channel,
            # What notifications show.
            "text": text,
            "blocks": blocks,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": tells_of},
            "unfurl_links": False,
            "unfurl_media": False,
        }

    def _one(self, change: Change) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
        """Return text, blocks and the payload of the metadata of a message about one record."""
        present = self._present(change)
        heading = escaped(self._sync.options["heading"], HEADING_CHARACTERS)
        title = ": ".join([heading, *(escaped(value, HEADING_CHARACTERS) for value in list(present.values())[:1])])
        fields = [
            {"type": "mrkdwn", "text": f"*{name.replace('_', ' ')}*\n{self._value(value)}"}
            for name, value in present.items()
        ]
        blocks = [_section(f"*{heading}*"), *([{"type": "section", "fields": fields}] if fields else [])]
        return title, blocks, {"occurrence": str(change.occurrence), "record": self._record(change)}

    def _digest(self, changes: Sequence[Change]) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
        """Return the same of one about several; its text names nobody, since it outlives a block that is taken out."""
        heading = f"{escaped(self._sync.options['heading'], HEADING_CHARACTERS)}: {len(changes)}"
        blocks = [_section(f"*{heading}*")]
        for change in changes:
            (_, first), *others = list(self._present(change).items()) or [("", "–")]
            parts = [
                f"*{self._value(first, DIGEST_VALUE_CHARACTERS)}*",
                *(f"{n.replace('_', ' ')}: {self._value(value, DIGEST_VALUE_CHARACTERS)}" for n, value in others),
            ]
            block_id = f"{self._record(change)}{SEPARATOR}{change.occurrence}"
            blocks.append(_section(" · ".join(parts)) | {"block_id": block_id})
        return heading, blocks, {"sync": self._sync.name}

    def _present(self, change: Change) -> dict[str, str]:
        """Return the values that a record has, by the names that they are shown with."""
        fields = (column.to for column in self._sync.columns)
        return {name: str(change.payload[name]) for name in fields if change.payload.get(name) is not None}

    # Of a field's text the label needs some.
    def _value(self, value: str, length: int = FIELD_CHARACTERS - 100) -> str:
        """Return a value as Slack shows it, a mention where the declaration says who it is."""
        if member := self._mentions.get(value):
            return f"<@{member}>"
        return escaped(value, length)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _tells_of(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the records that a message of ours tells of, each with its occurrence."""
    payload = message["metadata"].get("event_payload", {})
    if "occurrence" in payload:
        return [(payload["record"], payload["occurrence"])]
    ids = (block.get("block_id", "").partition(SEPARATOR) for block in message.get("blocks", []))
    return [(record, occurrence) for record, separator, occurrence in ids if separator]


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
