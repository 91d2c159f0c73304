"""A receiver of signed webhooks as https://www.standardwebhooks.com describes it, which applies every id once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from tools.destinations.server import Answer, DestinationServer, Request

SECRET = "whsec_bG9jYWwtd2ViaG9vay1zZWNyZXQtZm9yLXRlc3Rz"  # noqa: S105 - it opens nothing else
TOLERANCE_SECONDS = 300


class WebhookServer(DestinationServer):
    """A receiver that keeps records by path and key.

    :param port: port to listen on; 0 takes a free one.
    """

    name = "webhook"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.records: dict[str, dict[str, dict[str, Any]]] = {}
        # Ids of records that were applied.
        self.applied: set[str] = set()
        # Keys of records for which a whole request is refused.
        self.poison: set[str] = set()
        self.deliveries = 0
        self.repeats = 0

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here."""
        return {"conn_type": "http", "host": self.url, "password": SECRET}

    def holdings(self) -> dict[str, Any]:
        """Return the fields by path and key."""
        return {
            "deliveries": self.deliveries,
            "repeats": self.repeats,
            "records": self.records,
            "applied": sorted(self.applied),
        }

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what an earlier server held."""
        self.deliveries, self.repeats = holdings["deliveries"], holdings["repeats"]
        self.records, self.applied = holdings["records"], set(holdings["applied"])

    def answer(self, request: Request) -> Answer:
        """Answer ``POST`` to any path."""
        if request.method != "POST":
            return Answer(405, {"message": "Use POST."})
        if problem := problem_of(request.headers, request.body, time.time()):
            return Answer(401, {"message": problem})
        try:
            records = request.json()["data"]["records"]
        except (KeyError, ValueError):
            return Answer(400, {"message": "The body is not a message."})
        if any(record["key"] in self.poison for record in records):
            return Answer(422, {"message": "A record is not accepted."})
        held = self.records.setdefault(request.path, {})
        for record in records:
            self.deliveries += 1
            if record["id"] in self.applied:
                self.repeats += 1
                continue
            self.applied.add(record["id"])
            if record["action"] == "remove":
                held.pop(record["key"], None)
            else:
                held[record["key"]] = record["fields"]
        return Answer(204)


def problem_of(headers: dict[str, str], body: bytes, now: float) -> str | None:
    """Return why a request is not to be believed, None where it is.

    :param headers: by lower-case name.
    :param now: seconds since 1970.
    """
    id_, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id_ or not timestamp.isdigit():
        return "webhook-id or webhook-timestamp is missing."
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return "The timestamp is too old or ahead."
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = hmac.digest(key, b".".join((id_.encode(), timestamp.encode(), body)), hashlib.sha256)
    given = [part.partition(",") for part in headers.get("webhook-signature", "").split(" ")]
    if not any(
        version == "v1" and hmac.compare_digest(text, base64.b64encode(expected).decode()) for version, _, text in given
    ):
        return "No signature is right."
    return None
