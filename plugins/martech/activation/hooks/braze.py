"""Braze: user attributes and subscription groups by ``/users/track``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from martech.activation.api_client import json_of
from martech.activation.batching import batches
from martech.activation.changes import BatchRejectedError, Change, FatalError, Outcome
from martech.activation.hooks.http_hook import HttpHook
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

OBJECTS_PER_REQUEST = 75
REQUESTS, PER_SECONDS = 3_000, 3.0
PROFILES_PER_REQUEST = 50  # of exports and deletions
EXPORTS, PER_EXPORT_SECONDS = 250, 60.0
# A person's consent by the words of the warehouse; what is unspecified is not Braze's to know.
SUBSCRIPTION_STATE = {"granted": "subscribed", "denied": "unsubscribed"}


class BrazeHook(HttpHook):
    """Sets user attributes by external id; a removed record keeps its profile with the attributes unset.

    The connection holds the REST endpoint of the workspace's cluster (``host``) and a REST API key with the
    permission ``users.track`` (``password``); ``verify_profiles`` needs ``users.export.ids`` as well, ``on_erasure:
    delete`` needs ``users.delete``.

    :param sync: the declaration.
    """

    conn_name_attr = "braze_conn_id"
    default_conn_name = "braze_default"
    hook_name = "Braze (activation)"
    # One endpoint serves many workspaces: only the declaration can tell them apart.
    target_options: ClassVar[tuple[str, ...]] = ("workspace",)
    # Braze processes requests later and in any order: a record is not sent again so soon that the older one may win.
    settling_seconds: ClassVar[float] = 60.0

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync)
        self._fields = [column.to for column in sync.columns if not column.subscription_group]
        self._groups = {column.to: column.subscription_group for column in sync.columns if column.subscription_group}
        key = (self._connection.password or "").strip()
        self._update_existing_only = sync.options.get("update_existing_only", False)
        self._verifies_profiles = sync.options.get("verify_profiles", False)
        self._deletes_erased = sync.options.get("on_erasure") == "delete"
        self._exports = RateLimit(EXPORTS, PER_EXPORT_SECONDS)
        self._seen_profiles: set[str] = set()
        self._api = self.api_client(
            "Braze", lambda _: {"Authorization": f"Bearer {key}"}, RateLimit(REQUESTS, PER_SECONDS)
        )

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 75, the objects that a request may hold."""
        return OBJECTS_PER_REQUEST

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Bring changes of one kind to Braze; see ``Destination.send``."""
        outcomes: list[Outcome] = []
        if self._deletes_erased:
            erased = [change for change in changes if change.is_erasure]
            for batch in batches(erased, PROFILES_PER_REQUEST):
                self._post("/users/delete", {"external_ids": [change.record_key for change in batch]})
            outcomes += [Outcome(change) for change in erased]
            changes = [change for change in changes if not change.is_erasure]
        if self._verifies_profiles:
            unknown = self._unknown([change.record_key for change in changes if change.action == "add"])
            outcomes += [
                Outcome(change, "no_profile", "Braze has no profile with this external id.")
                for change in changes
                if change.record_key in unknown
            ]
            changes = [change for change in changes if change.record_key not in unknown]
        return outcomes + (self._track(changes) if changes else [])

    def _unknown(self, external_ids: list[str]) -> set[str]:
        """Return those that no profile has: Braze takes changes of them as well, and ignores them.

        A profile that was seen is not asked for again: a batch that is tried again goes on where it stopped, and the
        small limit of exports is not spent twice.
        """
        unknown: set[str] = set()
        unseen = [external_id for external_id in external_ids if external_id not in self._seen_profiles]
        for batch in batches(unseen, PROFILES_PER_REQUEST):
            self._exports.acquire()
            answer = self._post("/users/export/ids", {"external_ids": batch, "fields_to_export": ["external_id"]})
            invalid = set(answer.get("invalid_user_ids", []))
            self._seen_profiles.update(set(batch) - invalid)
            unknown |= invalid
        return unknown

    def _track(self, changes: Sequence[Change]) -> list[Outcome]:
        attributes = [self._attributes(change) for change in changes]
        answer = self._post("/users/track", {"attributes": attributes})
        # Braze skips faulty objects, applies the others, and answers 201.
        errors = {
            error["index"]: masked(str(error["type"]))
            for error in answer.get("errors", [])
            if error.get("input_array") == "attributes"
        }
        return [
            Outcome(change, "invalid_attributes", errors[index]) if index in errors else Outcome(change)
            for index, change in enumerate(changes)
        ]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self._api.call("POST", path, json=body)
        answer: dict[str, Any] = json_of(response, "Braze")
        if response.status_code in (400, 413):
            raise BatchRejectedError("invalid_request", masked(str(answer.get("message"))))
        if not response.ok:
            permission = path.strip("/").replace("/", ".")
            raise FatalError(
                f"Braze answered {response.status_code}: {masked(str(answer.get('message')))} "
                f"Give the API key the permission {permission} and check the endpoint, then clear the task."
            )
        return answer

    def _attributes(self, change: Change) -> dict[str, Any]:
        """Return the object of a change: Braze bills every attribute that it is sent, changed or not."""
        is_remove = change.action == "remove"
        values = dict.fromkeys(self._fields) if is_remove else change.payload
        if change.action == "change":
            changed = change.changed_fields.split(",")
            values = {name: value for name, value in values.items() if name in changed}
        states = {name: "denied" if is_remove else values.get(name) for name in self._groups}
        groups = [
            {"subscription_group_id": self._groups[name], "subscription_state": SUBSCRIPTION_STATE[state]}
            for name, state in states.items()
            if state in SUBSCRIPTION_STATE
        ]
        return {
            "external_id": change.record_key,
            "_update_existing_only": is_remove or self._update_existing_only,
            **{name: value for name, value in values.items() if name not in self._groups},
            **{name: None for name in change.cleared_fields if name not in self._groups},
            **({"subscription_groups": groups} if groups else {}),
        }
