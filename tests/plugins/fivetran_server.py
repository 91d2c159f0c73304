"""A local stand-in for Fivetran's REST API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.local.fivetran import connection


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
