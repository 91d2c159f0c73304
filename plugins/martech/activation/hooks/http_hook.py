"""What the hooks of destinations share: the connection of a declaration, and requests to the address in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from airflow.providers.common.compat.sdk import BaseHook

from martech.activation.api_client import ApiClient, base_url
from martech.activation.rate_limit import RateLimit
from martech.activation.retry import retrying
from martech.activation.sync import Sync


class HttpHook(BaseHook):
    """A destination that is reached by requests; see ``DestinationHook`` for what the engine asks of it.

    :param sync: the declaration.
    :param kwargs: arguments of the hook after this one.
    """

    by_identifiers: ClassVar[bool] = False
    keeps_payload: ClassVar[bool] = False
    by_occurrence: ClassVar[bool] = False
    settling_seconds: ClassVar[float] = 0.0
    # Address of the API where the connection names none.
    endpoint: ClassVar[str] = ""

    def __init__(self, sync: Sync, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sync = sync
        self._connection = self.get_connection(sync.connection)
        self._session = requests.Session()

    @classmethod
    def account(cls, connection_id: str) -> str:
        """Return the host, without its port; see ``DestinationHook.account``."""
        return urlsplit(cls.address(cls.get_connection(connection_id))).hostname or ""

    @classmethod
    def address(cls, connection: Any) -> str:
        """Return scheme, host and port that an Airflow connection leads to.

        :raises FatalError: where it names no host, and the API has no address of its own.
        """
        return cls.endpoint if cls.endpoint and not connection.host else base_url(connection)

    def get_conn(self) -> requests.Session:
        """Return the session that requests are made with."""
        return self._session

    def prepare(self) -> None:
        """Do nothing: there is nothing of an earlier, killed run to wait for; see ``Destination.prepare``."""

    def api_client(self, name: str, authorize: Callable[[bool], dict[str, str]], usual_limit: RateLimit) -> ApiClient:
        """Return what calls the API.

        :param name: the destination, for messages.
        :param authorize: returns the headers that prove who we are; ``True`` asks for fresh ones.
        :param usual_limit: rate limit, where the declaration has none.
        """
        limits = self._sync.limits
        declared = limits.requests_per_second
        return ApiClient(
            name,
            self.address(self._connection),
            session=self._session,
            authorize=authorize,
            rate_limit=RateLimit.per_second(declared) if declared else usual_limit,
            timeout_seconds=limits.timeout_seconds,
        )

    def patiently(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function again while it raises TransientError, ``limits.max_attempts`` times in all."""
        return retrying(self._sync.limits.max_attempts, stopped=threading.Event())(function, *arguments)
