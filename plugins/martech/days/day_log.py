"""The log of days in the warehouse: what steps have chosen, published and accepted."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.api_core.exceptions import NotFound

from martech.days.chain import Log, Mark
from martech.warehouse.partitions_client import PartitionsClient
from martech.warehouse.statements import statement

# As long as include/sql/ops/day_log.sql keeps it, and longer than any layer that is chosen from it.
HISTORY = timedelta(days=400)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A day of an event.

    :param day: the data day.
    :param read: versions of the steps before it.
    :param row_counts: rows by table, where they were counted.
    """

    day: date
    read: Iterable[str] = ()
    row_counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """Who writes to the log.

    :param dag_id: the DAG.
    :param run_id: its run.
    """

    dag_id: str
    run_id: str


class DayLogClient(PartitionsClient):
    """Reads and writes the log of days."""

    def marks(self, table: str, first: date) -> Log:
        """Return what is known, by step and day.

        :param table: ``project.dataset.table``, shaped like ``include/sql/ops/day_log.sql``.
        :param first: oldest day.
        """
        found: dict[str, dict[date, Mark]] = {}
        for row in self._rows("marks", table, first=first):
            marks = found.setdefault(row.step, {})
            marks[row.data_day] = replace(marks.get(row.data_day, Mark()), **_known(row))
        return found

    def choice(self, table: str, origin: Origin) -> tuple[list[date], bool] | None:
        """Return the days that a run chose last and whether they were ordered, None where it has chosen none.

        :param table: ``project.dataset.table`` of the log.
        :param origin: the run.
        """
        rows = self._rows("choice", table, dag_id=origin.dag_id, run_id=origin.run_id)
        return ([row.data_day for row in rows], rows[0].is_ordered) if rows else None

    def _rows(self, file: str, table: str, **values: Any) -> list[Any]:
        sql = statement(f"days/sql/{file}.sql", day_log=table)
        try:
            return list(self.query(sql, since=datetime.now(UTC) - HISTORY, **values))
        except NotFound:
            log.warning("There is no %s yet, so nothing is known of any day: run create_warehouse.", table)
            return []

    def append(  # noqa: PLR0913 - what happened, and who says so
        self,
        table: str,
        event: str,
        step: str,
        entries: Iterable[Entry],
        origin: Origin,
        *,
        is_ordered: bool,
        accepted_by: str | None = None,
        reason: str | None = None,
    ) -> str:
        """Append an event of some days, and return its version.

        :param table: ``project.dataset.table`` of the log.
        :param event: ``chosen``, ``published``, ``counted`` or ``accepted``.
        :param step: the step that it is about.
        :param entries: the days.
        :param origin: who writes.
        :param is_ordered: whether somebody named the days.
        :param accepted_by: who accepts.
        :param reason: why.
        """
        version = uuid.uuid4().hex
        head: dict[str, Any] = {
            "event_at": datetime.now(UTC).isoformat(),
            "step": step,
            "event": event,
            "version": version,
            "is_ordered": is_ordered,
            "accepted_by": accepted_by,
            "reason": reason,
            "dag_id": origin.dag_id,
            "run_id": origin.run_id,
        }
        rows = [
            {
                **head,
                "data_day": entry.day.isoformat(),
                "read_versions": sorted(entry.read),
                "row_counts": [
                    {"table_name": name, "total_rows": count} for name, count in sorted(entry.row_counts.items())
                ],
            }
            for entry in entries
        ]
        if rows:
            self.append_rows(table, rows)
        return version


def _known(row: Any) -> dict[str, Any]:
    """Return what a row says, as the fields of a mark."""
    if row.event == "accepted":
        return {"accepted_by": row.accepted_by, "reason": row.reason}
    if row.event == "chosen":
        return {"tried": frozenset(row.read_versions or ())}
    counts = {entry["table_name"]: entry["total_rows"] for entry in row.row_counts or ()}
    if row.event == "counted":
        return {"row_counts": counts}
    return {
        "version": row.version,
        "read": frozenset(row.read_versions or ()),
        "is_due": row.is_due,
        "row_counts": counts,
    }
