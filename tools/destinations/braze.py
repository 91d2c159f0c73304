"""Braze: ``/users/track`` with its limits and its two kinds of errors."""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Any

from tools.destinations.server import Answer, DestinationServer, Request

API_KEY = "local-braze-api-key"
MAX_OBJECTS = 75
REQUESTS, PER_SECONDS = 3_000, 3.0
MAX_PROFILES = 50
PATHS = ("/users/track", "/users/delete", "/users/export/ids")
MAX_STRING = 255
GROUP_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GROUP_STATES = {"subscribed", "unsubscribed"}
MAX_EXTERNAL_ID_BYTES = 997


class BrazeServer(DestinationServer):
    """A workspace.

    :param port: port to listen on; 0 takes a free one.
    :param profiles: external ids of its profiles; None takes every id for an existing profile's.
    """

    name = "braze"

    def __init__(self, port: int = 0, *, profiles: set[str] | None = None) -> None:
        super().__init__(port)
        self.profiles = profiles
        self.attributes: dict[str, dict[str, Any]] = {}
        # State by subscription group and external id.
        self.groups: dict[str, dict[str, str]] = {}
        # Attributes that were sent; each is billed.
        self.data_points = 0
        # External ids whose profile was deleted.
        self.deleted: set[str] = set()
        self.deliveries = 0
        self.repeats = 0
        self._recent: deque[float] = deque()

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here."""
        return {"conn_type": "http", "host": self.url, "password": API_KEY}

    def holdings(self) -> dict[str, Any]:
        """Return the custom attributes by external id; unset ones are gone."""
        return {"deliveries": self.deliveries, "repeats": self.repeats, "attributes": self.attributes}

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what an earlier server held."""
        self.deliveries, self.repeats = holdings["deliveries"], holdings["repeats"]
        self.attributes = holdings["attributes"]

    def throttled(self) -> Answer:
        """Return Braze's 429, which names the second at which the window ends."""
        headers = {
            "X-RateLimit-Limit": str(REQUESTS),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time())),
        }
        return Answer(429, {"message": "Rate limit exceeded"}, headers)

    def answer(self, request: Request) -> Answer:
        """Answer ``POST /users/track``, ``/users/delete`` and ``/users/export/ids``."""
        if request.path not in PATHS or request.method != "POST":
            return Answer(404, {"message": "Invalid URL"})
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return Answer(401, {"message": "Invalid API key"})
        return self._track(request) if request.path == "/users/track" else self._profiles(request)

    def _track(self, request: Request) -> Answer:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - PER_SECONDS:
            self._recent.popleft()
        if len(self._recent) >= REQUESTS:
            return self.throttled()
        self._recent.append(now)
        try:
            attributes = request.json()["attributes"]
        except (ValueError, KeyError, TypeError):
            return Answer(400, {"message": "Valid data must be provided in the 'attributes', 'events' fields."})
        if not isinstance(attributes, list) or len(attributes) > MAX_OBJECTS:
            return Answer(400, {"message": f"A request holds at most {MAX_OBJECTS} objects"})
        errors = []
        for index, entry in enumerate(attributes):
            if problem := self._take(entry):
                errors.append({"type": problem, "input_array": "attributes", "index": index})
        body: dict[str, Any] = {"message": "success", "attributes_processed": len(attributes) - len(errors)}
        return Answer(201, body | ({"errors": errors} if errors else {}))

    def _profiles(self, request: Request) -> Answer:
        """Delete profiles, or say which exist."""
        external_ids = request.json().get("external_ids", [])
        if not 1 <= len(external_ids) <= MAX_PROFILES:
            return Answer(400, {"message": f"A request holds 1 to {MAX_PROFILES} external_ids"})
        if request.path == "/users/delete":
            known = [key for key in external_ids if self.attributes.pop(key, None) is not None]
            self.deleted |= set(external_ids)
            return Answer(201, {"message": "success", "deleted": len(known)})
        unknown = [key for key in external_ids if self.profiles is not None and key not in self.profiles]
        users = [{"external_id": key} for key in external_ids if key not in unknown]
        return Answer(201, {"message": "success", "users": users, "invalid_user_ids": unknown})

    def _take(self, entry: dict[str, Any]) -> str | None:
        """Apply one object; return what is wrong with it, None if nothing is."""
        external_id = entry.get("external_id")
        if not isinstance(external_id, str) or not external_id:
            return "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
        if len(external_id.encode()) > MAX_EXTERNAL_ID_BYTES:
            return "'external_id' is too long"
        values = {key: value for key, value in entry.items() if key not in ("external_id", "_update_existing_only")}
        groups = values.pop("subscription_groups", [])
        if problem := _problem(values, groups):
            return problem
        is_known = external_id in self.attributes or self.profiles is None or external_id in self.profiles
        if entry.get("_update_existing_only") and not is_known:
            return None  # accepted and ignored
        profile = self.attributes.setdefault(external_id, {})
        for group in groups:
            self.groups.setdefault(external_id, {})[group["subscription_group_id"]] = group["subscription_state"]
        self.data_points += len(values)
        self.deliveries += 1
        self.repeats += all(profile.get(key) == value for key, value in values.items())
        for key, value in values.items():
            if value is None:
                profile.pop(key, None)
            else:
                profile[key] = value
        return None


def _problem(values: dict[str, Any], groups: list[dict[str, str]]) -> str | None:
    """Return what is wrong with the attributes and subscription groups of an object."""
    for group in groups:
        if not GROUP_ID.fullmatch(group["subscription_group_id"]) or group["subscription_state"] not in GROUP_STATES:
            return "Invalid subscription group"
    for key, value in values.items():
        if isinstance(value, dict) or (isinstance(value, str) and len(value) > MAX_STRING):
            return f"Invalid value for attribute '{key}'"
    return None
