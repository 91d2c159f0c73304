"""Braze: user attributes and subscription groups by ``/users/track``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import requests
from airflow.providers.common.compat.sdk import BaseHook

from martech.activation.api_client import ApiClient, base_url, host_of, json_of
from martech.activation.changes import BatchRejectedError, Change, FatalError, Outcome
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

OBJECTS_PER_REQUEST = 75
REQUESTS, PER_SECONDS = 3_000, 3.0
# A person's consent by the words of the warehouse; what is unspecified is not Braze's to know.
SUBSCRIPTION_STATE = {"granted": "subscribed", "denied": "unsubscribed"}


class BrazeHook(BaseHook):
    """Sets user attributes by external id; a removed record keeps its profile with the attributes unset.

    The connection holds the REST endpoint of the workspace's cluster (``host``) and a REST API key with the
    permission ``users.track`` (``password``).

    :param sync: the declaration.
    """

    conn_name_attr = "braze_conn_id"
    default_conn_name = "braze_default"
    hook_name = "Braze (activation)"
    by_identifiers: ClassVar[bool] = False
    # One endpoint serves many workspaces: only the declaration can tell them apart.
    target_options: ClassVar[tuple[str, ...]] = ("workspace",)
    # Braze processes requests later and in any order: a record is not sent again so soon that the older one may win.
    settling_seconds: ClassVar[float] = 60.0

    def __init__(self, sync: Sync) -> None:
        super().__init__()
        connection = self.get_connection(sync.connection)
        self._fields = [column.to for column in sync.columns if not column.subscription_group]
        self._groups = {column.to: column.subscription_group for column in sync.columns if column.subscription_group}
        key = (connection.password or "").strip()
        self._update_existing_only = sync.options.get("update_existing_only", False)
        self._session = requests.Session()
        limit = sync.limits.requests_per_second
        self._api = ApiClient(
            "Braze",
            base_url(connection),
            session=self._session,
            authorize=lambda _: {"Authorization": f"Bearer {key}"},
            rate_limit=RateLimit.per_second(limit) if limit else RateLimit(REQUESTS, PER_SECONDS),
            timeout_seconds=sync.limits.timeout_seconds,
        )

    @classmethod
    def account(cls, connection_id: str) -> str:
        """Return the cluster's endpoint; see ``DestinationHook.account``."""
        return host_of(cls.get_connection(connection_id))

    def get_conn(self) -> requests.Session:
        """Return the session that requests are made with."""
        return self._session

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 75, the objects that a request may hold."""
        return OBJECTS_PER_REQUEST

    def prepare(self) -> None:
        """Do nothing: what an earlier run sent is waited for by ``settling_seconds``."""

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Bring changes of one kind to Braze; see ``Destination.send``."""
        attributes = [self._attributes(change) for change in changes]
        response = self._api.call("POST", "/users/track", json={"attributes": attributes})
        answer = json_of(response, "Braze")
        if response.status_code in (400, 413):
            raise BatchRejectedError("invalid_request", masked(str(answer.get("message"))))
        if not response.ok:
            raise FatalError(
                f"Braze answered {response.status_code}: {masked(str(answer.get('message')))} "
                "Give the API key the permission users.track and check the endpoint, then clear the task."
            )
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
