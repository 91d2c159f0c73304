"""The far end of alerts: servers on this machine that keep what they are told."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Email
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook


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


def taking_mail(state: Server) -> socketserver.TCPServer:
    """Return a mail server that takes everything."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            recipients: list[str] = []
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().strip():
                if line.upper().startswith("RCPT"):
                    recipients.append(line.partition(":")[2].split()[0].strip("<>"))
                if line.upper() == "DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    state.emails.append((recipients, message_from_bytes(b"".join(lines))))
                self.wfile.write(b"221 bye\r\n" if line.upper() == "QUIT" else b"250 ok\r\n")

    return socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)


class Channels:
    """Connections in the environment, pointed at this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def connect(self, conn_id: str, **connection: Any) -> None:
        self.monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    def slack(self, port: int, conn_id: str = "slack_alerts") -> None:
        address = f"http://127.0.0.1:{port}/slack"
        self.connect(conn_id, conn_type="slackwebhook", host=address, password="T0/B0/s3cr3tt0ken")

    def smtp(self, port: int, conn_id: str = "smtp_alerts", **extra: Any) -> None:
        plain = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com", "retry_limit": 0}
        self.connect(conn_id, conn_type="smtp", host="127.0.0.1", port=port, extra={**plain, **extra})

    def pagerduty(self) -> None:
        self.connect("pagerduty_alerts", conn_type="pagerduty_events", password="r0utingk3y")


def look_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections be looked up in the environment only, where there is no metadata database."""
    get_connection = BaseHook.get_connection.__func__

    def from_environment(cls: type[BaseHook], conn_id: str) -> Any:
        if f"AIRFLOW_CONN_{conn_id.upper()}" not in os.environ:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
        return get_connection(cls, conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", classmethod(from_environment))
