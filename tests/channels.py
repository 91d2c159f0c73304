"""The far end of alerts: servers on this machine that keep what they are told."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as Email
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Server:
    """What a server on this machine has been told."""

    port: int = 0
    status: int = 200
    requests: list[tuple[str, Any]] = field(default_factory=list)
    emails: list[tuple[list[str], Email]] = field(default_factory=list)


def serving(server: socketserver.TCPServer, state: Server) -> Iterator[Server]:
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def answering(state: Server) -> ThreadingHTTPServer:
    """Return a server that answers like Slack's webhooks and PagerDuty's events API."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((self.path, json.loads(body)))
            answer = b"ok" if self.path.startswith("/slack") else b'{"status": "success", "dedup_key": "k"}'
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)
