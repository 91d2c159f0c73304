"""A local stand-in for Fivetran's REST API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EARLIER = "2026-11-22T00:10:00.000000Z"


def connection(**facts: Any) -> dict[str, Any]:
    """Return ``data`` of the answer to GET /v1/connections/{id}, in the shape of Fivetran's reference.

    :param facts: what differs from a connection that waits for its next sync.
    """
    status = {
        "tasks": [],
        "warnings": [],
        "schema_status": "ready",
        "update_state": "on_schedule",
        "setup_state": "connected",
        "sync_state": "scheduled",
        "is_historical_sync": False,
    }
    data = {
        "id": "warm_goose",
        "service": "zendesk",
        "schema": "zendesk",
        "paused": False,
        "sync_frequency": 360,
        "schedule_type": "auto",
        "created_at": "2024-01-01T00:00:00.000000Z",
        "succeeded_at": EARLIER,
        "failed_at": None,
    }
    return {
        **data,
        **{key: value for key, value in facts.items() if key in data},
        "status": {**status, **{key: value for key, value in facts.items() if key in status}},
    }


@dataclass
class FivetranServer:
    """Answers every request alike and remembers what it was asked.

    :param status: HTTP status of the answers.
    :param headers: headers of the answers.
    :param body: text of the answers; None for what Fivetran says.
    :param states: what GET says of the connection, one answer after the other; the last stays.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    body: str | None = None
    states: list[dict[str, Any]] = field(default_factory=lambda: [connection()])

    @property
    def asked(self) -> list[str]:
        """The methods of the requests, in order."""
        return [request["method"] for request in self.requests]


@contextmanager
def serve_fivetran() -> Iterator[FivetranServer]:
    """Serve until the block ends."""
    state = FivetranServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({}, body=json.loads(body))

        def do_GET(self) -> None:
            data = state.states.pop(0) if len(state.states) > 1 else state.states[0]
            self._answer({"data": data})

        def _answer(self, facts: dict[str, Any], **request: Any) -> None:
            state.requests.append({"method": self.command, "path": self.path, "headers": dict(self.headers), **request})
            code = "Success" if state.status == 200 else "Refused"
            said = json.dumps({"code": code, "message": f"{code}: {self.path}", **facts})
            answer = (said if state.body is None else state.body).encode()
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
