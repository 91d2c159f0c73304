"""Sorts raw rows, and what connectors make of them, into one file per table and day; keeps the truth apart."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from random import Random

from include.pipeline.settings import settings
from tools.sample_sources.clock import DAY, HOUR, MINUTE, day_of, midnight, stamp
from tools.sample_sources.connectors import CONNECTIONS, connection_of
from tools.sample_sources.connectors.delivery import Row, Table

LATE_SHARE = 0.03  # events that land one to three days after they happened
TWICE_SHARE = 0.004  # events that land twice, as connectors do after a retry
LONGEST_DELAY_DAYS = int(settings.variables["late_arrival_days"])  # dbt looks back no further
BUFFERED_LINES = 50_000
CONNECTORS = "connectors"  # folder of what the connectors deliver

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def money(cents: int) -> str:
    """Return cents as dollars, exact."""
    return f"{cents // 100}.{cents % 100:02}"


class Sink:
    """Writes raw rows, what the connectors make of them, and the truth, each day of landing apart.

    The files are ``DIR/<table>/<day>.ndjson``, ``DIR/connectors/<dataset>/<table>/<day>.ndjson`` and
    ``DIR/truth/<name>.ndjson``.

    Lines wait in memory until ``BUFFERED_LINES`` of them are there, so no file stays open and memory is
    bounded whatever the number of tables and days.

    :param directory: where to write; must be empty.
    :param start: first day of landing; older records land on it (the initial sync).
    :param end: last day of landing; what would land later is left out.
    """

    def __init__(self, directory: Path, start: date, end: date) -> None:
        self.start = midnight(start)
        self.end = midnight(end) + DAY
        self.rows: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self._directory = directory
        self._buffers: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._buffered = 0

    def _line(self, folder: str, file: str, row: Row) -> None:
        filled = {key: value for key, value in row.items() if value is not None}
        self._buffers[folder, file].append(_to_json(filled))
        self._buffered += 1
        if self._buffered >= BUFFERED_LINES:
            self.flush()

    def flush(self) -> None:
        """Write out what waits."""
        for (folder, file), lines in sorted(self._buffers.items()):
            path = self._directory / folder / f"{file}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as out:
                out.write("\n".join(lines) + "\n")
        self._buffers.clear()
        self._buffered = 0

    def open(self) -> None:
        """Deliver what is in the connectors' tables from the first day on."""
        for connection in CONNECTIONS:
            for table, row in connection.first():
                self._deliver(connection.dataset, table, self.start + HOUR, row)

    def land(self, table: str, landed: int, row: Row, before: Row | None = None, more: Row | None = None) -> bool:
        """Land a row at a time; return whether that is within the period.

        :param before: the version of the record that landed before, if any.
        :param more: what the system knows beyond the raw row, for its connector.
        """
        if not self._land_raw(table, landed, row):
            return False
        if connection := connection_of(table):
            known = row | {"_fivetran_synced": stamp(landed)} | (more or {})
            for delivered, line in connection.changes(table, known, before):
                self._deliver(connection.dataset, delivered, landed, line)
        return True

    def _land_raw(self, table: str, landed: int, row: Row) -> bool:
        if not self.start <= landed < self.end:
            return False
        self._line(table, day_of(landed), row | {"_fivetran_synced": stamp(landed)})
        self.rows[table] += 1
        return True

    def _deliver(self, dataset: str, table: Table, landed: int, row: Row) -> None:
        day = day_of(landed)
        if table.day:
            # An event after midnight, of a session that landed before it, comes with its own day's table.
            day = max(day, str(date.fromisoformat(row[table.day])))
            if day >= day_of(self.end):
                return
        synced = {"_fivetran_synced": stamp(landed)} if "_fivetran_synced" in table.columns else {}
        self._line(f"{CONNECTORS}/{dataset}/{table.table_of(row)}", day, row | synced)
        self.delivered[f"{dataset}.{table.name}"] += 1

    def event(self, table: str, when: int, rng: Random, row: Row, more: Row | None = None) -> bool:
        """Land a fact soon after it happened, now and then days late or twice.

        :param more: see ``land``.
        :returns: whether it landed within the period.
        """
        if not self.start <= when < self.end:
            return False
        landed = min(when + rng.randrange(5, 60) * MINUTE, when - when % DAY + DAY - 1)
        if rng.random() < LATE_SHARE:
            landed = when + rng.randrange(1, LONGEST_DELAY_DAYS + 1) * DAY - when % DAY + rng.randrange(6) * HOUR
        if rng.random() < TWICE_SHARE:
            # The connectors' tables have keys, so a row that comes twice is in them once.
            self._land_raw(table, landed + MINUTE, row)
        return self.land(table, landed, row, more=more)

    def truth(self, name: str, row: Row) -> None:
        """Keep a fact that no system knows."""
        self._line("truth", name, row)
        self.rows["truth"] += 1

    def identity(self, key: str, person_id: str, linkable: bool = True, shared: bool = False) -> None:
        """Keep the true person behind a record.

        :param key: ``<source>:<entity>:<record id>``.
        :param linkable: some row ties the record to a person; an anonymous cookie that never logs in, orders
            or sends a form cannot be resolved by anyone.
        :param shared: several persons use it; ``person_id`` is the one who uses it most.
        """
        self.truth("identities", {"identity_key": key, "person_id": person_id, "linkable": linkable, "shared": shared})


class Record:
    """One record of an entity table and its versions, put in order of time.

    Of the versions before the period only the newest lands, on the first day.

    :param sink: where versions land.
    :param table: the bronze table.
    """

    def __init__(self, sink: Sink, table: str) -> None:
        self._sink = sink
        self._table = table
        self._old: Row | None = None
        self._landed: Row | None = None

    def put(self, when: int, row: Row, deleted: bool = False) -> None:
        """Add the version that holds from ``when`` on."""
        row = row | {"_fivetran_deleted": deleted}
        if when < self._sink.start:
            self._old = row
            return
        self.settle()
        # A version lands on the day of its change, whatever the hour.
        self._land(min(when + 10 * MINUTE, when - when % DAY + DAY - 1), row)

    def settle(self) -> None:
        """Land the newest version of before the period, if it has not landed yet."""
        if self._old is not None:
            self._land(self._sink.start + HOUR, self._old)
            self._old = None

    def _land(self, landed: int, row: Row) -> None:
        if self._sink.land(self._table, landed, row, before=self._landed):
            self._landed = row
