"""Command line of the local destinations.

``serve --connections FILE`` starts the servers and writes their Airflow connections, in the format of
``airflow connections import``; with ``--state FILE`` they remember what they received from one start to the next.
``summary --connections FILE`` prints what they received.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from tools.destinations.braze import BrazeServer
from tools.destinations.google_data_manager import GoogleDataManagerServer
from tools.destinations.salesforce import SalesforceServer
from tools.destinations.server import DestinationServer
from tools.destinations.slack import SlackServer
from tools.destinations.webhook import WebhookServer

CONNECTIONS: dict[str, type[DestinationServer]] = {
    "salesforce_default": SalesforceServer,
    "braze_default": BrazeServer,
    "google_data_manager_default": GoogleDataManagerServer,
    "slack_default": SlackServer,
    "webhook_default": WebhookServer,
}


SAVE_EVERY_SECONDS = 3.0
PROCESSING_SECONDS = 2.0


class StateFile:
    """What the destinations have received, in a file.

    :param path: the file; made at the first save.
    :param servers: the destinations by connection.
    """

    def __init__(self, path: Path, servers: dict[str, DestinationServer]) -> None:
        self._path = path
        self._servers = servers
        self._saved = ""

    def load(self) -> None:
        """Let the destinations hold what they held when the file was written, if there is one."""
        if self._path.exists():
            self._saved = self._path.read_text()
            for name, holdings in json.loads(self._saved).items():
                self._servers[name].restore(holdings)

    def save(self) -> None:
        """Write the file at once, if there is something new to write."""
        holdings = {}
        for name, server in self._servers.items():
            with server.lock:
                holdings[name] = json.dumps(server.holdings())
        text = "{" + ",\n".join(f"{json.dumps(name)}: {held}" for name, held in holdings.items()) + "}"
        if text != self._saved:
            _write_at_once(self._path, text)
            self._saved = text


def _write_at_once(path: Path, text: str) -> None:
    """Write a file that nobody else may read, so that whoever waits for it never sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    os.replace(unfinished, path)  # noqa: PTH105 - Path.replace is not atomic by contract


def serve(arguments: argparse.Namespace) -> None:
    """Start the servers and serve until the process is asked to end (SIGTERM, SIGINT)."""
    servers = {name: server(getattr(arguments, f"port_{server.name}")) for name, server in CONNECTIONS.items()}
    servers["google_data_manager_default"].processing_seconds = PROCESSING_SECONDS
    state = StateFile(Path(arguments.state), servers) if arguments.state else None
    if state:
        state.load()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(server)
        # It holds the local service account's key. Whoever waits for it finds the servers running.
        connections = {name: server.connection() for name, server in servers.items()}
        _write_at_once(Path(arguments.connections), json.dumps(connections, indent=2))
        for name, server in servers.items():
            print(f"{name}: {server.url}", flush=True)
        while not ended.wait(SAVE_EVERY_SECONDS):
            if state:
                state.save()
    if state:
        state.save()


def summary_rows(states: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return destination, object, records held, records taken, repeats, requests and faults, as text."""
    rows = []
    for state in states:
        if "records" in state:
            held = {name: sum(len(r) > 1 for r in records.values()) for name, records in state["records"].items()}
        elif "audiences" in state:
            held = {f"audience {name} (identifiers)": len(members) for name, members in state["audiences"].items()}
        elif "messages" in state:
            held = {"messages": len(state["messages"])}
        else:
            held = {"users": sum(bool(attributes) for attributes in state["attributes"].values())}
        for what, records in (held or {"nothing yet": 0}).items():
            rows.append(
                (
                    state["name"], what, f"{records:,}", f"{state['deliveries']:,}", f"{state['repeats']:,}",
                    f"{sum(state['requests'].values()):,}", f"{sum(state['faults'].values()):,}",
                )
            )  # fmt: skip
    return rows


def summary(arguments: argparse.Namespace) -> None:
    """Print what each destination received."""
    connections = json.loads(Path(arguments.connections).read_text())
    states = []
    for connection in connections.values():
        with urllib.request.urlopen(f"{connection['host']}/_state", timeout=10) as response:  # noqa: S310 - a local server
            states.append(json.load(response))
    header = ("destination", "object", "holds", "deliveries", "repeats", "requests", "faults")
    rows = [header, *summary_rows(states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        text = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(text).rstrip())


def main(argv: list[str]) -> None:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="python -m tools.destinations", description=__doc__)
    commands = parser.add_subparsers(required=True)
    serving = commands.add_parser("serve", help="start the destinations")
    serving.set_defaults(run=serve)
    for server in CONNECTIONS.values():
        serving.add_argument(f"--port-{server.name}", type=int, default=0, help="port; 0 takes a free one")
    serving.add_argument("--state", help="file that keeps what they received; in memory only if omitted")
    showing = commands.add_parser("summary", help="print what each destination received")
    showing.set_defaults(run=summary)
    for command in (serving, showing):
        command.add_argument("--connections", required=True, help="file with their Airflow connections")
    arguments = parser.parse_args(argv)
    arguments.run(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
