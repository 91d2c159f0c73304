"""HTTP as destinations need it: rate limit, timeouts, and answers sorted into what can be done about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from martech.activation.changes import FatalError, TransientError
from martech.activation.rate_limit import RateLimit
from martech.alerts.masking import masked

TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}
LONGEST_ASKED_WAIT_SECONDS = 900


class ApiClient:
    """Calls one API.

    :param name: the destination, for messages.
    :param base_url: scheme and host, such as ``https://rest.iad-01.braze.com``.
    :param session: makes the requests; must not be shared with another host.
    :param authorize: returns the headers that prove who we are; ``True`` asks for fresh ones.
    :param rate_limit: shared by all calls.
    :param timeout_seconds: longest wait for an answer.
    """

    def __init__(  # noqa: PLR0913 - all but two are keywords
        self,
        name: str,
        base_url: str,
        *,
        session: requests.Session,
        authorize: Callable[[bool], dict[str, str]],
        rate_limit: RateLimit,
        timeout_seconds: float,
    ) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._session = session
        self._authorize = authorize
        self._rate_limit = rate_limit
        self._timeout_seconds = timeout_seconds

    def call(self, method: str, path: str, **request: Any) -> requests.Response:
        """Make a request and return its answer, whatever its status below 500 is (401, 408, 425, 429 aside).

        :param method: HTTP method.
        :param path: path and query, from the slash on.
        :param request: arguments of ``requests.Session.request``.
        :raises TransientError: on timeouts, broken connections, throttling and server errors.
        :raises FatalError: where the credentials are refused twice.
        """
        headers = request.pop("headers", {})
        for fresh_credentials in (False, True):
            self._rate_limit.acquire()
            try:
                response = self._session.request(
                    method,
                    f"{self._base_url}{path}",
                    headers=headers | self._authorize(fresh_credentials),
                    timeout=self._timeout_seconds,
                    **request,
                )
                body = response.content
            except requests.exceptions.InvalidHeader:
                # Its text quotes the header, and with it the secret.
                raise FatalError(
                    f"{self._name}: the credentials hold a line break or another character that no header may hold. "
                    "Correct the Airflow connection of this destination, then clear the task."
                ) from None
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                # The exception's text may quote headers or the URL's query: its type says enough.
                raise TransientError(f"{self._name}: {type(error).__name__} on {method} {path}.") from None
            if response.status_code in TRANSIENT_STATUS:
                raise TransientError(
                    f"{self._name} answered {response.status_code} to {method} {path}.", retry_after(response)
                )
            if response.status_code != 401:
                return response
        raise FatalError(
            f"{self._name} refuses the credentials ({masked(body.decode(errors='replace'))}). "
            "Correct the Airflow connection of this destination, then clear the task."
        )


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a response asks to wait, None if it does not say.

    ``Retry-After`` holds seconds; ``X-RateLimit-Reset`` (Braze) the second at which the window ends, UTC.
    """
    try:
        if "Retry-After" in response.headers:
            wait = float(response.headers["Retry-After"])
        elif response.status_code == 429 and "X-RateLimit-Reset" in response.headers:
            wait = float(response.headers["X-RateLimit-Reset"]) - time.time()
        else:
            return None
    except ValueError:  # an HTTP date; the backoff will do
        return None
    return min(max(wait, 0.0), LONGEST_ASKED_WAIT_SECONDS)


def json_of(response: requests.Response, name: str) -> Any:
    """Return the JSON body of an answer.

    :raises TransientError: where it is not JSON, as when a proxy answers in the destination's place.
    """
    try:
        return response.json()
    except ValueError:
        raise TransientError(f"{name} answered {response.status_code} with a body that is not JSON.") from None


def base_url(connection: Any) -> str:
    """Return scheme, host and port of an Airflow connection, ``https`` unless it says otherwise.

    :raises FatalError: where the connection names no host.
    """
    host = (connection.host or "").rstrip("/")
    if not host:
        raise FatalError(
            f"The Airflow connection {connection.conn_id} has no host. "
            "Set it to the destination's address, such as https://rest.iad-01.braze.com."
        )
    if "://" not in host:
        host = f"https://{host}"
    return f"{host}:{connection.port}" if connection.port else host
