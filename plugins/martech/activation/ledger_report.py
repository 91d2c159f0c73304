"""The memory's part in reporting: how far a plan has come, what was rejected, what was there over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from martech.activation.ledger_tables import PLAN_TIME, LedgerTables, of_plan
from martech.activation.plan import UNCONFIRMED
from martech.warehouse.statements import statement

# What reports look back on.
HISTORY = timedelta(days=90)


@dataclass(frozen=True)
class Progress:
    """How far a plan has come: records by what happened to them.

    :param in_destination: records the destination holds, as far as confirmed.
    :param dead_letters: open dead letters of the sync.
    :param open_removals: those of them that the destination still holds against the source or the person's will.
    """

    adds: int
    changes: int
    removes: int
    rejects: int
    sent: int
    rejected: int
    pending: int
    in_destination: int
    dead_letters: int
    open_removals: int

    @property
    def unconfirmed(self) -> int:
        """Records that the destination accepted and did not confirm: the next run follows or sends them."""
        planned = self.adds + self.changes + self.removes + self.rejects
        return planned - self.sent - self.rejected - self.pending


class ReportLedger(LedgerTables):
    """Counts what plans and runs did."""

    def progress(self, plan_id: str | None) -> Progress:
        """Return how far a plan has come; None counts what the destination holds only."""
        plan_id = plan_id or f"{datetime.now(UTC).strftime(PLAN_TIME)}-none"
        row = self._rows(
            statement(
                "activation/sql/progress.sql",
                outbox=self._outbox,
                changelog=self._changelog,
                state=self._state,
                unconfirmed=UNCONFIRMED,
                dead_letters=self._dead_letters,
            ),
            **of_plan(plan_id),
        )[0]
        return Progress(**row)

    def rejections(self, plan_id: str) -> list[dict[str, Any]]:
        """Return the reasons of a plan's rejections, the most frequent first, each with one record."""
        return self._rows(
            statement("activation/sql/rejections.sql", changelog=self._changelog),
            **of_plan(plan_id),
        )

    def open_rejects(self) -> list[dict[str, Any]]:
        """Return the open dead letters by reason, the most frequent first."""
        return self._rows(statement("activation/sql/open_rejects.sql", dead_letters=self._dead_letters))

    def requests(self) -> list[dict[str, Any]]:
        """Return what became of requests that the destination processed later, the newest first."""
        sql = statement("activation/sql/requests.sql", requests=self.table("ops.activation_requests"))
        return self._rows(sql, since=datetime.now(UTC) - HISTORY)

    def history(self) -> list[dict[str, Any]]:
        """Return how many records the destination held at the end of each day with a run."""
        sql = statement("activation/sql/history.sql", runs=self.table("ops.activation_runs"))
        return self._rows(sql, since=datetime.now(UTC) - HISTORY, destination=self._sync.target)

    def record_run(self, row: dict[str, Any]) -> None:
        """Append the outcome of a run to ``activation_runs``."""
        self._load(self.table("ops.activation_runs"), [row])
