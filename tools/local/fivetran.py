"""Stands in for Fivetran's REST API: its connections have synced as soon as they are asked to.

What a sync brings is there before: ``python -m tools.sample_sources sync`` writes it.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from include.landing.declared_landings import connections, dataset_variables
from include.pipeline.sources import load_sources
from tools.sample_sources.connectors import connection_of

AIRFLOW_CONNECTION = "fivetran_default"
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


@cache
def sample_settings() -> dict[str, str]:
    """Return the environment variables that name the datasets and the Fivetran connections of the sample.

    A connection of Fivetran has its dataset's name as id.
    """
    chosen = {}
    connectors = connections()
    for source in load_sources().values():
        # Some tables are made of what the connector delivers for others.
        dataset = next(found.dataset for table in source.tables if (found := connection_of(table.name)))
        chosen[dataset_variables()[source.name]] = dataset
        if connectors[source.name][0] == "fivetran":
            chosen[source.fivetran_connection_env] = dataset
    return chosen


class FivetranServer:
    """Serves connections on this machine, from ``start`` to ``stop``.

    :ivar facts: by connection id, what differs from a connection that is well (``setup_state="broken"``).
    """

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Any]] = defaultdict(dict)
        self._synced_at: dict[str, str] = {}
        self._server: ThreadingHTTPServer | None = None

    @property
    def connection(self) -> dict[str, str]:
        """The Airflow connection; its key opens nothing else."""
        assert self._server is not None, "it is not started"  # noqa: S101
        host = f"http://127.0.0.1:{self._server.server_port}"
        return {"conn_type": "http", "host": host, "login": "local", "password": "local"}

    def start(self) -> None:
        """Serve, in a thread."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Serve no more, if it was started."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _state(self, connection_id: str) -> dict[str, Any]:
        known = {"id": connection_id, "schema": connection_id, "service": connection_id}
        if connection_id in self._synced_at:
            known["succeeded_at"] = self._synced_at[connection_id]
        return {"code": "Success", "data": connection(**{**known, **self.facts[connection_id]})}

    def _sync(self, connection_id: str) -> dict[str, Any]:
        self._synced_at[connection_id] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return {"code": "Success", "message": "Sync has been successfully triggered for connection."}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fivetran = self

        class Handler(BaseHTTPRequestHandler):
            """Answers as the reference of ``/v1/connections`` says."""

            def do_GET(self) -> None:
                self._answer(fivetran._state(self.path.split("/")[3]))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(fivetran._sync(self.path.split("/")[3]))

            def _answer(self, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        return Handler
