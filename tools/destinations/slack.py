"""Slack: messages are posted, changed, deleted and read back, with Slack's limits and errors."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from typing import Any

from tools.destinations.server import Answer, DestinationServer, Request

TOKEN = "xoxb-local-slack-token"  # noqa: S105 - it opens nothing else
CHANNEL = "C0123456789"
MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_SECTION_TEXT = 3_000
MAX_FIELDS = 10
MAX_FIELD_TEXT = 2_000
MAX_BLOCK_ID = 255
MAX_PAGE = 999
# What Slack makes of a text: <@U1> is a mention, <!channel> rings everybody, <https://…> is a link.
CONTROL = re.compile(r"<([^<>]+)>")


class SlackServer(DestinationServer):
    """A workspace with one channel.

    :param port: port to listen on; 0 takes a free one.
    """

    name = "slack"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.messages: list[dict[str, Any]] = []
        # Of each channel Slack takes about one message a second.
        self.seconds_per_message = 1.0
        self.limited = 0
        # Error of every message whose text holds the key.
        self.refused: dict[str, str] = {}
        self.deliveries = 0
        # Messages of an occurrence that had one already.
        self.repeats = 0
        self._newest = 0.0
        self._occurrences: set[str] = set()

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here."""
        return {"conn_type": "http", "host": self.url, "password": TOKEN}

    def holdings(self) -> dict[str, Any]:
        """Return the messages of the channel, oldest first."""
        return {"deliveries": self.deliveries, "repeats": self.repeats, "messages": self.messages}

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what an earlier server held."""
        self.deliveries, self.repeats = holdings["deliveries"], holdings["repeats"]
        self.messages = holdings["messages"]
        self._occurrences = {occurrence for message in self.messages for occurrence in _occurrences(message)}

    def throttled(self) -> Answer:
        """Return Slack's 429, whose pause is in whole seconds."""
        return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})

    def answer(self, request: Request) -> Answer:
        """Answer a request; errors come with HTTP 200."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error("invalid_auth")
        match (request.method, request.path):
            case ("POST", "/api/chat.postMessage"):
                return self._post(request.json())
            case ("POST", "/api/chat.update"):
                return self._update(request.json())
            case ("GET", "/api/conversations.history"):
                return self._history(request.query)
            case ("POST", "/api/chat.delete"):
                return self._delete(request.json())
        return _error("unknown_method")

    def _post(self, body: dict[str, Any]) -> Answer:
        if body.get("channel") != CHANNEL:
            return _error("channel_not_found")
        if problem := _problem_of(body):
            return problem
        text = str(body)
        if refused := next((error for part, error in self.refused.items() if part in text), None):
            return _error(refused)
        now = time.time()
        if self.seconds_per_message and now < self._newest + self.seconds_per_message:
            self.limited += 1
            return self.throttled()
        # The time names the message: no two have the same.
        self._newest = max(now, round(self._newest + 1e-6, 6))
        ts = f"{self._newest:.6f}"
        message = {
            "type": "message",
            "ts": ts,
            "text": body["text"],
            "blocks": body.get("blocks", []),
            "metadata": body.get("metadata", {}),
        }
        self.repeats += len(_occurrences(message) & self._occurrences)
        self._occurrences |= _occurrences(message)
        self.deliveries += 1
        self.messages.append(message)
        return Answer(200, {"ok": True, "channel": CHANNEL, "ts": ts})

    def _history(self, query: dict[str, str]) -> Answer:
        if query.get("channel") != CHANNEL:
            return _error("channel_not_found")
        limit = int(query.get("limit", 100))
        if not 1 <= limit <= MAX_PAGE:
            return _error("invalid_limit")
        after = bisect_right(self.messages, float(query.get("oldest", 0)), key=lambda message: float(message["ts"]))
        newest_first = self.messages[after:][::-1]
        start = int(query.get("cursor") or 0)
        page = newest_first[start : start + limit]
        if query.get("include_all_metadata") != "true":
            page = [{key: value for key, value in m.items() if key != "metadata"} for m in page]
        more = start + limit < len(newest_first)
        cursor = {"response_metadata": {"next_cursor": str(start + limit)}} if more else {}
        return Answer(200, {"ok": True, "messages": page, "has_more": more, **cursor})

    def _update(self, body: dict[str, Any]) -> Answer:
        message = next((m for m in self.messages if m["ts"] == body.get("ts")), None)
        if body.get("channel") != CHANNEL or message is None:
            return _error("message_not_found")
        if problem := _problem_of(body):
            return problem
        # What is not named, such as the metadata, stays.
        message |= {key: body[key] for key in ("text", "blocks", "metadata") if key in body}
        return Answer(200, {"ok": True, "channel": CHANNEL, "ts": body["ts"], "text": message["text"]})

    def _delete(self, body: dict[str, Any]) -> Answer:
        kept = [m for m in self.messages if m["ts"] != body.get("ts")]
        if len(kept) == len(self.messages):
            return _error("message_not_found")
        self.messages = kept
        return Answer(200, {"ok": True, "channel": CHANNEL, "ts": body["ts"]})

    def controls(self) -> list[str]:
        """Return the mentions, links and commands that Slack would see in all messages."""
        return [control for message in self.messages for text in _texts(message) for control in CONTROL.findall(text)]


def _occurrences(message: dict[str, Any]) -> set[str]:
    """Return the ids of what a message tells of: its metadata has one, or the ids of its blocks end with them."""
    one = message["metadata"].get("event_payload", {}).get("occurrence")
    blocks = (block.get("block_id", "").partition(".")[2] for block in message["blocks"])
    return {str(one)} if one else {occurrence for occurrence in blocks if occurrence}


def _texts(body: dict[str, Any]) -> list[str]:
    """Return all texts of a message."""
    texts = [body.get("text", "")]
    for block in body.get("blocks", []):
        texts += [part["text"] for part in (block.get("text"), *block.get("fields", [])) if part]
    return texts


def _problem_of(body: dict[str, Any]) -> Answer | None:
    """Return the error that Slack answers to a message, None where it takes it."""
    text, blocks, metadata = body.get("text", ""), body.get("blocks", []), body.get("metadata", {})
    if not text and not blocks:
        return _error("no_text")
    if len(text) > MAX_TEXT:
        return _error("msg_too_long")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids) or any(not 1 <= len(name) <= MAX_BLOCK_ID for name in ids):
        return _error("invalid_blocks")
    for block in blocks:
        fields = block.get("fields", [])
        if (
            len(blocks) > MAX_BLOCKS
            or len(block.get("text", {}).get("text", "")) > MAX_SECTION_TEXT
            or len(fields) > MAX_FIELDS
            or not (fields or block.get("text"))
            or any(not 1 <= len(part["text"]) <= MAX_FIELD_TEXT for part in fields)
        ):
            return _error("invalid_blocks")
    if metadata and (not metadata.get("event_type") or not isinstance(metadata.get("event_payload"), dict)):
        return _error("invalid_metadata_format")
    return None


def _error(code: str) -> Answer:
    return Answer(200, {"ok": False, "error": code})
