"""Fivetran's REST API, as far as starting a sync needs it."""

from __future__ import annotations

import re
from http import HTTPStatus

import requests
from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.http.hooks.http import HttpHook

API_URL = "https://api.fivetran.com"
TIMEOUT_SECONDS = 30
CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]+")


class FivetranHook(HttpHook):
    """Starts syncs of Fivetran connections.

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
        :raises AirflowException: where Fivetran refuses or cannot be reached; the message names the cure.
        """
        if not CONNECTION_ID.fullmatch(connection_id):
            raise ValueError(f"{connection_id!r} is not a Fivetran connection id: copy it from the dashboard.")
        try:
            response = self.run(
                f"/v1/connections/{connection_id}/sync",
                headers={"Accept": "application/json;version=2"},
                # Not forced: forcing would abort a running sync and start it over.
                json={"force": False},
                extra_options={"check_response": False, "timeout": TIMEOUT_SECONDS},
            )
        except requests.RequestException as error:
            raise AirflowException(
                f"Fivetran cannot be reached: {error}. Check the network and the host of connection "
                f"{self.http_conn_id}, then clear this task."
            ) from error
        if response.status_code != HTTPStatus.OK:
            raise AirflowException(self._refusal(connection_id, response))
        return str(response.json()["message"])

    def _refusal(self, connection_id: str, response: requests.Response) -> str:
        status = response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            cure = (
                f"put a valid API key (login) and secret (password) of a user that may sync it into Airflow "
                f"connection {self.http_conn_id}"
            )
        elif status == HTTPStatus.NOT_FOUND:
            cure = "there is no such connection in this Fivetran account; correct the configured id"
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After")
            cure = f"Fivetran's rate limit is reached; clear this task {f'in {wait} s' if wait else 'later'}"
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            cure = "Fivetran has a problem of its own; see status.fivetran.com and clear this task later"
        else:
            cure = "see the connection's page in Fivetran"
        return (
            f"Fivetran did not sync connection {connection_id}, HTTP {status}: {cure}. It said: {response.text[:300]}"
        )
