"""Fivetran's REST API, as far as starting a sync and knowing its outcome needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import requests
from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.http.hooks.http import HttpHook

API_URL = "https://api.fivetran.com"
TIMEOUT_SECONDS = 30
CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]+")
HEADERS = {"Accept": "application/json;version=2"}

CONNECTED, SYNCING, PAUSED, DELAYED = "connected", "syncing", "paused", "delayed"


class FivetranError(AirflowException):
    """Fivetran refuses or a connection cannot sync: only a person can change that. The message names the remedy."""


class FivetranUnavailableError(FivetranError):
    """Fivetran cannot be reached, is down or busy: the same request may succeed later."""


@dataclass(frozen=True)
class ConnectionState:
    """What Fivetran says of a connection.

    :param connection_id: its id.
    :param schema: dataset that it writes to.
    :param setup_state: ``incomplete``, ``connected`` or ``broken``.
    :param sync_state: ``scheduled``, ``syncing``, ``paused`` or ``rescheduled`` (it waits for its source's rate limit).
    :param update_state: ``on_schedule`` or ``delayed``.
    :param is_paused: whether somebody paused it.
    :param succeeded_at: end of the newest sync that succeeded; None before the first.
    :param failed_at: end of the newest sync that failed; None if none has.
    :param tasks: what Fivetran asks somebody to do, such as to reconnect.
    """

    connection_id: str
    schema: str
    setup_state: str
    sync_state: str
    update_state: str
    is_paused: bool
    succeeded_at: datetime | None
    failed_at: datetime | None
    tasks: tuple[str, ...] = ()

    @property
    def problem(self) -> str | None:
        """Why it cannot sync, with the remedy; None where it can."""
        asks = f" Fivetran asks for: {'; '.join(self.tasks)}." if self.tasks else ""
        if self.setup_state != CONNECTED:
            return (
                f"Fivetran connection {self.connection_id} is {self.setup_state}.{asks} Finish its setup or reconnect "
                "it on its page in Fivetran, then clear this task."
            )
        if self.is_paused or self.sync_state == PAUSED:
            return (
                f"Fivetran connection {self.connection_id} is paused. Unpause it in Fivetran, then clear this task; "
                "or take its source out of MARKETING_SOURCES."
            )
        return None


class FivetranHook(HttpHook):
    """Starts syncs of Fivetran connections, and says how connections are.

    The Airflow connection is of type ``http``: login is the API key, password the API secret; host is
    ``https://api.fivetran.com`` if left empty.

    :param fivetran_conn_id: Airflow connection.
    """

    default_host = API_URL

    def __init__(self, fivetran_conn_id: str = "fivetran_default") -> None:
        super().__init__(method="POST", http_conn_id=fivetran_conn_id)

    def sync(self, connection_id: str) -> str:
        """Start a sync, unless one is running already, and return Fivetran's answer.

        :param connection_id: id of the Fivetran connection, as in its dashboard's URL.
        :raises ValueError: for an id that cannot be one.
        :raises FivetranError: where Fivetran refuses or cannot be reached; the message names the remedy.
        """
        # Not forced: forcing would abort a running sync and start it over.
        answer = self._ask(connection_id, "POST", "/sync", "sync", json={"force": False})
        if not isinstance(answer.get("message"), str):
            raise self._not_understood(connection_id, "sync", "an answer without a message", str(answer))
        return str(answer["message"])

    def state(self, connection_id: str) -> ConnectionState:
        """Return how a connection is.

        :param connection_id: id of the Fivetran connection.
        :raises ValueError: for an id that cannot be one.
        :raises FivetranError: where Fivetran refuses or cannot be reached; the message names the remedy.
        """
        answer = self._ask(connection_id, "GET", "", "describe")
        try:
            data = answer["data"]
            status = data["status"]
            return ConnectionState(
                connection_id=connection_id,
                schema=str(data.get("schema", "")),
                setup_state=str(status["setup_state"]),
                sync_state=str(status["sync_state"]),
                update_state=str(status.get("update_state", "")),
                is_paused=bool(data.get("paused", False)),
                succeeded_at=_moment(data["succeeded_at"]),
                failed_at=_moment(data["failed_at"]),
                tasks=tuple(str(task.get("message") or task.get("code")) for task in status.get("tasks") or ()),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._not_understood(connection_id, "describe", f"no usable state ({error})", str(answer)) from error

    def _ask(self, connection_id: str, method: str, path: str, verb: str, **kwargs: Any) -> Mapping[str, Any]:
        if not CONNECTION_ID.fullmatch(connection_id):
            raise ValueError(f"{connection_id!r} is not a Fivetran connection id: copy it from the dashboard.")
        self.method = method
        try:
            response = self.run(
                f"/v1/connections/{connection_id}{path}",
                headers=HEADERS,
                extra_options={"check_response": False, "timeout": TIMEOUT_SECONDS},
                **kwargs,
            )
        except requests.RequestException as error:
            raise FivetranUnavailableError(
                f"Fivetran cannot be reached: {error}. Check the network and the host of connection "
                f"{self.http_conn_id}, then clear this task."
            ) from error
        if response.status_code != HTTPStatus.OK:
            raise self._refusal(connection_id, verb, response)
        try:
            answer = response.json()
        except requests.JSONDecodeError as error:
            raise self._not_understood(connection_id, verb, "an answer that is not JSON", response.text) from error
        if not isinstance(answer, dict):
            raise self._not_understood(connection_id, verb, "an answer that is no object", response.text)
        return answer

    def _not_understood(self, connection_id: str, verb: str, what: str, said: str) -> FivetranError:
        return FivetranError(
            f"Fivetran did not {verb} connection {connection_id}: it gave {what}. Check that the host of connection "
            f"{self.http_conn_id} is Fivetran's API and that no proxy answers for it. It said: {said[:300]}"
        )

    def _refusal(self, connection_id: str, verb: str, response: requests.Response) -> FivetranError:
        status = response.status_code
        kind = FivetranError
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            fix = (
                f"put a valid API key (login) and secret (password) of a user that may sync it into Airflow "
                f"connection {self.http_conn_id}"
            )
        elif status == HTTPStatus.NOT_FOUND:
            fix = "there is no such connection in this Fivetran account; correct the configured id"
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            kind = FivetranUnavailableError
            wait = response.headers.get("Retry-After")
            fix = f"Fivetran's rate limit is reached; clear this task {f'in {wait} s' if wait else 'later'}"
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = FivetranUnavailableError
            fix = "Fivetran has a problem of its own; see status.fivetran.com and clear this task later"
        else:
            fix = "see the connection's page in Fivetran"
        return kind(
            f"Fivetran did not {verb} connection {connection_id}, HTTP {status}: {fix}. It said: {response.text[:300]}"
        )


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
