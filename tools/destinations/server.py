"""The part that the servers share: HTTP, faults on demand, and a view of what was received."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What can go wrong, by when it does: "after" faults have been applied although the client hears nothing.
FAULTS = (
    "throttled", "server_error", "unavailable", "expired_session", "row_locked",
    "reset_before", "reset_after", "timeout_before", "timeout_after", "truncated_after",
)  # fmt: skip
# What can go wrong after a destination has accepted a request; only Google processes later.
PROCESSING_FAULTS = ("processing_failed", "processing_partial")


@dataclass
class Faults:
    """Which requests fail, and how.

    :param rate: share of requests that fail (0–1).
    :param kinds: faults, taken in turn so that none is left out.
    :param hang_seconds: how long a timeout keeps the client waiting; longer than the client's patience.
    :param seed: makes the choice repeatable.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = FAULTS
    hang_seconds: float = 5.0
    seed: int = 0
    _random: random.Random = field(init=False, repr=False)
    _turns: Iterator[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        unknown = set(self.kinds) - {*FAULTS, *PROCESSING_FAULTS}
        if unknown:
            raise ValueError(f"Unknown faults {sorted(unknown)}: choose from {', '.join(FAULTS + PROCESSING_FAULTS)}.")
        self._random = random.Random(self.seed)  # noqa: S311 - not for secrets
        self._turns = cycle(self.kinds)

    def next(self) -> str | None:
        """Return the fault of the next request, None where it goes well."""
        return next(self._turns) if self._random.random() < self.rate else None


@dataclass
class Request:
    """A request as a destination sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    fault: str | None = None

    def json(self) -> Any:
        """Return the JSON body.

        :raises ValueError: where it is not JSON.
        """
        return json.loads(self.body, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")


@dataclass
class Answer:
    """An answer: ``body`` is sent as JSON unless it is bytes."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class DestinationServer:
    """A destination on a port of this machine. Subclasses answer requests and say what they hold.

    :param port: port to listen on; 0 takes a free one.
    """

    name = "destination"

    def __init__(self, port: int = 0) -> None:
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()
        self.lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"destination": self}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, request: Request) -> Answer:
        """Answer a request; runs under the server's lock."""
        raise NotImplementedError

    def holdings(self) -> dict[str, Any]:
        """Return what the destination holds."""
        raise NotImplementedError

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what ``holdings`` returned in an earlier life."""
        raise NotImplementedError

    def throttled(self) -> Answer:
        """Return the answer to a request above the rate limit."""
        return Answer(429, {"message": "Too many requests"}, {"Retry-After": "0.05"})

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return requests, faults and holdings, as ``GET /_state`` shows them."""
        with self.lock:
            return {
                "name": self.name,
                "requests": dict(self.requests),
                "faults": dict(self.faulted),
                **self.holdings(),
            }

    def __enter__(self) -> DestinationServer:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def control(self, request: Request) -> Answer:
        """Answer ``GET /_state``, and ``POST /_faults`` with the fields of ``Faults``."""
        if request.path == "/_state":
            return Answer(200, self.state())
        if request.path == "/_faults":
            options = request.json()
            options["kinds"] = tuple(options.get("kinds", FAULTS))
            self.faults = Faults(**options)
            return Answer(200, {"rate": self.faults.rate})
        return Answer(404, {"message": "Try GET /_state or POST /_faults."})


class _Handler(BaseHTTPRequestHandler):
    """Serves a connection of a destination, with the faults that are due."""

    protocol_version = "HTTP/1.1"
    destination: DestinationServer

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the client gave up, as it should on a timeout
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep quiet: the state says more."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, parts.path, query, headers, body)
        if parts.path.startswith("/_"):
            self._send(self.destination.control(request))
            return
        with self.destination.lock:
            fault = self.destination.faults.next()
            self.destination.requests[f"{self.command} {parts.path}"] += 1
            if fault:
                self.destination.faulted[fault] += 1
        self._serve_with(request, fault)

    def _serve_with(self, request: Request, fault: str | None) -> None:
        if fault == "throttled":
            self._send(self.destination.throttled())
        elif fault == "server_error":
            self._send(Answer(500, {"message": "Internal server error"}))
        elif fault == "unavailable":
            self._send(Answer(503, b"<html>Service unavailable</html>"))
        elif fault == "reset_before":
            self._reset()
        elif fault == "timeout_before":
            time.sleep(self.destination.faults.hang_seconds)
            self._reset()
        else:
            request.fault = fault
            with self.destination.lock:
                answer = self.destination.answer(request)
            if fault == "timeout_after":
                time.sleep(self.destination.faults.hang_seconds)
            if fault in ("reset_after", "timeout_after"):
                self._reset()
            else:
                self._send(answer, cut=fault == "truncated_after")

    def _send(self, answer: Answer, *, cut: bool = False) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        body = b"" if answer.body is None else body
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        for key, value in answer.headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self._reset()

    def _reset(self) -> None:
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # close with RST instead of FIN
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names of the standard library
